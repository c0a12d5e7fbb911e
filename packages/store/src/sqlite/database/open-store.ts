import type { SqliteStoreOptions } from "../index.ts";
import type { Requests } from "../requests.ts";
import { Catalogs } from "./catalogs.ts";
import { Commits } from "./commits.ts";
import { Database } from "./database.ts";
import { ItemTable } from "./items.ts";
import { LineTable } from "./lines.ts";
import { OopsTable } from "./oops.ts";
import { Retention } from "./retention.ts";
import { Spaces } from "./spaces.ts";
import { StagedParts } from "./staged-parts.ts";
import { TaskFacts } from "./task-facts.ts";
import { TaskNumbers } from "./task-numbers.ts";
import { TaskReader } from "./task-reader.ts";

/** An open database with all that is asked of it. */
export class OpenStore {
  readonly requests: Omit<Requests, "open" | "close">;
  readonly #database: Database;
  readonly #catalogs: Catalogs;

  constructor(options: SqliteStoreOptions) {
    const database = new Database(options);
    const spaces = new Spaces(database);
    const numbers = new TaskNumbers(database);
    const catalogs = new Catalogs(database, numbers);
    // What was in memory when the last process ended is in no catalog yet.
    catalogs.fillAll();
    spaces.releaseAll();
    this.#database = database;
    this.#catalogs = catalogs;
    this.requests = answers(database, spaces, numbers, catalogs);
  }

  isBehind(): boolean {
    return this.#catalogs.isDue();
  }

  catchUp(): void {
    this.#catalogs.step();
  }

  close(): void {
    try {
      this.#catalogs.fillAll();
    } finally {
      this.#database.close();
    }
  }
}

function answers(
  database: Database,
  spaces: Spaces,
  numbers: TaskNumbers,
  catalogs: Catalogs,
): Omit<Requests, "open" | "close"> {
  const staged = new StagedParts(database);
  const commits = new Commits(database, spaces, numbers, staged);
  const tasks = new TaskReader(database, numbers, catalogs);
  const facts = new TaskFacts(database, numbers, tasks);
  const items = new ItemTable(database);
  const lines = new LineTable(database, numbers);
  const oops = new OopsTable(database);
  const retention = new Retention(database, numbers, catalogs);
  /** Number 0 is that of no space, and has nothing. */
  const numberOf = (space: string): number => spaces.find(space)?.number ?? 0;
  return {
    acquire: (lease) => spaces.acquire(lease, (space) => staged.drop(space)),
    renew: (lease) => spaces.renew(lease),
    release: (owner) => spaces.release(owner),
    history: (space) => spaces.history(space),
    commit: (commit) => commits.write(commit),
    stage: (part) => commits.stage(part),
    liveTasks: (space, after) => facts.liveStep(numberOf(space), after),
    counters: (space) => {
      const { orders, tokens } = spaces.find(space) ?? { orders: 0, tokens: 0 };
      return { order: orders, token: tokens };
    },
    spaces: () => spaces.names(),
    tasks: (space, query, step) => tasks.step(numberOf(space), query, step),
    taskCounts: (space) => facts.counts(numberOf(space)),
    payloads: (space, ids) => facts.payloads(numberOf(space), ids),
    digests: (space, ids) => facts.digests(numberOf(space), ids),
    log: (space, task, after, limit) => lines.read(numberOf(space), task, after, limit),
    oops: (space, query, after) => oops.read(numberOf(space), query, after),
    items: (space, kind) => items.read(numberOf(space), kind),
    durations: (space, after) => items.durationStep(numberOf(space), after),
    prune: (space, rule, limits) => retention.step(numberOf(space), rule, limits),
  };
}
