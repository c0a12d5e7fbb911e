/** How a database comes to be what this version of Berth expects: each step once, in this order. Never edit a step. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE space (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    owner      TEXT,
    leaseUntil INTEGER,
    epoch      INTEGER NOT NULL DEFAULT 0,
    sequence   INTEGER NOT NULL DEFAULT 0,
    orders     INTEGER NOT NULL DEFAULT 0,
    tokens     INTEGER NOT NULL DEFAULT 0,
    lastTask   INTEGER NOT NULL,
    lastLine   INTEGER NOT NULL DEFAULT 0
  );

  -- "number" is made of the number of the space and the place in the order of submit: see numbering.ts.
  CREATE TABLE task (
    number    INTEGER PRIMARY KEY,
    space     INTEGER NOT NULL,
    id        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    queuedAt  INTEGER NOT NULL,
    state     TEXT NOT NULL,
    priority  TEXT NOT NULL,
    startedAt INTEGER,
    endedAt   INTEGER,
    target    TEXT,
    record    TEXT NOT NULL,
    leg       TEXT
  );
  -- What lives, and what went wrong. Most tasks succeed: they are found without an index.
  CREATE INDEX taskByState ON task (state, number) WHERE state <> 'succeeded';
  CREATE INDEX taskByEnd ON task (space, endedAt) WHERE endedAt IS NOT NULL;

  -- The catalogs are filled in bulk, behind the commits: see catalogs.ts.
  CREATE TABLE taskById (id TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (id, task)) WITHOUT ROWID;
  CREATE TABLE taskByTarget (target TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (target, task)) WITHOUT ROWID;
  CREATE TABLE taskByName (name TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (name, task)) WITHOUT ROWID;
  CREATE TABLE catalog (
    space INTEGER NOT NULL,
    name  TEXT NOT NULL,
    upTo  INTEGER NOT NULL,
    PRIMARY KEY (space, name)
  ) WITHOUT ROWID;

  -- When the tasks of a block of numbers were queued, so that a query by time need not look at all of them.
  CREATE TABLE taskTimes (block INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL);

  -- Legs of tasks with several targets; that of a task with one target is in its row.
  CREATE TABLE leg (
    task   INTEGER NOT NULL,
    target TEXT NOT NULL,
    leg    TEXT NOT NULL,
    PRIMARY KEY (task, target)
  ) WITHOUT ROWID;

  CREATE TABLE payload (task INTEGER PRIMARY KEY, payload TEXT NOT NULL);

  CREATE TABLE endedCount (
    space INTEGER NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (space, state)
  ) WITHOUT ROWID;

  CREATE TABLE line (
    task     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    leg      TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    stream   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (task, position)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX lineOnce ON line (task, leg, attempt, number);

  CREATE TABLE oops (
    number INTEGER PRIMARY KEY,
    space  INTEGER NOT NULL,
    id     TEXT NOT NULL,
    at     INTEGER NOT NULL,
    task   TEXT,
    target TEXT,
    oops   TEXT NOT NULL,
    UNIQUE (space, id)
  );
  CREATE INDEX oopsByTime ON oops (space, at);
  CREATE INDEX oopsByTask ON oops (space, task, at) WHERE task IS NOT NULL;
  CREATE INDEX oopsByTarget ON oops (space, target, at) WHERE target IS NOT NULL;

  -- Targets, sessions, holds and quarantines. "place" is the order in which they came.
  CREATE TABLE item (
    place INTEGER PRIMARY KEY,
    space INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    item  TEXT NOT NULL,
    UNIQUE (space, kind, key)
  );
  `,
  `
  -- How the last epochs began, oldest first: [[epoch, owner, sequence before it], ...].
  ALTER TABLE space ADD COLUMN epochs TEXT NOT NULL DEFAULT '[]';

  -- Parts of commits that are too large for one request, until they are taken up.
  CREATE TABLE staged (
    space   INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    changes TEXT NOT NULL,
    PRIMARY KEY (space, part)
  );
  `,
  `
  ALTER TABLE task ADD COLUMN childrenFailed INTEGER NOT NULL DEFAULT 0;

  -- Few tasks have a parent or a schedule, and those that have neither write nothing here.
  CREATE TABLE taskByParent (parent TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (parent, task)) WITHOUT ROWID;
  CREATE TABLE taskBySchedule (schedule TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (schedule, task)) WITHOUT ROWID;

  ALTER TABLE oops ADD COLUMN fingerprint TEXT;
  CREATE INDEX oopsByFingerprint ON oops (space, fingerprint, at) WHERE fingerprint IS NOT NULL;

  -- Fields that came with this version.
  UPDATE oops SET oops = json_set(oops, '$.fingerprint', NULL);
  UPDATE item SET item = json_set(item, '$.longerThanMs', NULL) WHERE kind = 'hold';
  -- In another form than before. Only the process that wrote them had a use for them. (So had staged parts: the next
  -- epoch drops them.)
  UPDATE space SET epochs = '[]';
  `,
];

/** Marks a file as one of ours ("Brth"), so that nobody else's database is ever changed. */
export const applicationId = 0x42727468;
