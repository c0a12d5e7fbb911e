// long: one short entry for each kind of command, and nothing else.
// What may happen: each action is made of small numbers, so that a failing run can be made smaller. 0 is always the simplest choice.
import type {
  AttemptOutcome,
  AttemptReport,
  KnownAttempt,
  LegRecord,
  PriorityClass,
  TargetPolicy,
  TaskKind,
} from "@berth/engine";
import { isEndState } from "@berth/engine";
import type { Pair, Wish } from "./pair.ts";
import { kinds, pick, sometimes, targetNames, taskWish } from "./task-wish.ts";

export interface Action {
  readonly type: ActionType;
  readonly draws: readonly number[];
}

type ActionType =
  | "submit"
  | "report"
  | "claim"
  | "openSession"
  | "placeHold"
  | "wait"
  | "nextTimer"
  | "cancel"
  | "prioritize"
  | "release"
  | "discard"
  | "decide"
  | "putTarget"
  | "removeTarget"
  | "liftHold"
  | "releaseQuarantine"
  | "drain"
  | "close"
  | "putSemaphore"
  | "schedule"
  | "removeSchedule"
  | "paused"
  | "resend"
  | "reload"
  | "storm"
  | "upgrade";

/** The draws of an action, one after the other. */
export class Draws {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  next(): number {
    return this.#numbers[this.#next++] ?? 0;
  }
}

type Play = (pair: Pair, draws: Draws) => Wish | null;

const classes: readonly PriorityClass[] = ["normal", "top", "high", "low"];
const tags = [[], ["blue"], ["green"], ["blue", "green"]];
const users = [[], ["u1"], ["u1", "u2"], ["u2"]];
const failure = { type: "HandlerError", value: "it broke", text: null };
const other = { type: "OtherError", value: "it broke otherwise", text: null };

const outcomes: readonly AttemptOutcome[] = [
  { type: "succeeded", exitCode: 0 },
  { type: "succeeded", exitCode: 0 },
  { type: "failed", exitCode: 3, message: "exit code 3" },
  { type: "error", failure },
  { type: "error", failure: other },
  { type: "canceled" },
  { type: "timed-out" },
];

const succeeded: AttemptReport = { type: "finished", outcome: { type: "succeeded", exitCode: 0 } };
const reports: readonly AttemptReport[] = [
  ...[succeeded, succeeded, succeeded, succeeded, succeeded, succeeded],
  ...[{ type: "started" } as const, { type: "started" } as const, { type: "started" } as const],
  ...outcomes.map((outcome): AttemptReport => ({ type: "finished", outcome })),
  { type: "lost", failure },
  { type: "progress" },
  { type: "rejected", reason: "draining" },
  { type: "rejected", reason: "revoked" },
  { type: "rejected", reason: "unreadable", failure },
];

function legsIn({ stored }: Pair, ...states: readonly LegRecord["state"][]): LegRecord[] {
  return stored.liveLegs().filter(({ state }) => states.includes(state));
}

/** Of a leg that holds a grant, from the session that has it; what nobody has claimed is claimed first. Some are stale. */
const report: Play = (pair, draws) => {
  const [which, what, odd, who] = [draws.next(), draws.next(), draws.next(), draws.next()];
  const sessions = [...pair.stored.sessions.keys()];
  if (odd % 12 === 11) {
    const delivery = pick(pair.deliveries, which);
    const session = pick([...sessions, "nobody"], who);
    if (delivery === undefined) return null;
    return { type: "report", session, leg: delivery.leg, token: delivery.token, report: pick(reports, what) };
  }
  const leg = pick(legsIn(pair, "granted", "running", "cancelling"), which);
  if (leg === undefined || leg.token === null) return null;
  const serving = [...pair.stored.sessions.values()].filter(({ targets }) => targets.includes(leg.target));
  const session = leg.session ?? pick(serving, who)?.id ?? "nobody";
  if (leg.session === null) pair.apply({ type: "claim", session, leg: leg.id, token: leg.token });
  return { type: "report", session, leg: leg.id, token: leg.token, report: pick(reports, what) };
};

const claim: Play = (pair, draws) => {
  const delivery = pick(pair.deliveries.toReversed().slice(0, 8), draws.next());
  const session = pick([...pair.stored.sessions.keys(), "nobody"], draws.next());
  return delivery === undefined ? null : { type: "claim", session, leg: delivery.leg, token: delivery.token };
};

function anyTask({ stored }: Pair, draw: number): string {
  const alive = [...stored.tasks.values()].filter(({ status }) => !isEndState(status.state));
  const all = draw % 9 === 8 ? [...stored.tasks.values()] : alive;
  return pick(all, draw)?.id ?? "t0";
}

function parkedTask(pair: Pair, draw: number): string {
  return pick(legsIn(pair, "parked"), draw)?.task ?? anyTask(pair, draw);
}

const served = [
  ["a", "b", "c"],
  ["a", "b", "c"],
  ["a", "b", "c"],
  ["a", "b", "c"],
  ["a", "b", "c"],
  ["a"],
  ["a", "b"],
  ["b", "c"],
  ["c"],
];

/** Mostly one that is not open: else it is only asked for again. */
function sessionToOpen({ stored }: Pair, draw: number): string {
  const all = Array.from({ length: 12 }, (_none, index) => `s${index}`);
  const free = all.filter((id) => !stored.sessions.has(id));
  return pick(draw % 5 === 4 || free.length === 0 ? all : free, draw % 6);
}

/** A tentacle may come back and know what it ran: attempts of its predecessors, still running or with a result. */
const openSession: Play = (pair, draws) => {
  const [who, version, where, capacity, back, knows] = Array.from({ length: 6 }, () => draws.next()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const session = sessionToOpen(pair, who);
  const tentacle = pick(["alpha", "beta", "gamma"], who % 3);
  const predecessors = [...pair.stored.sessions.values()].filter((each) => each.tentacle === tentacle);
  return {
    type: "session.open",
    session,
    user: pick([null, "u1", "u2"], who),
    tentacle,
    version: pick(["v1", "v2", "v3"], version),
    targets: pick(served, where),
    capacity: 1 + (capacity % 5),
    succeeds: back % 2 === 0 ? [] : predecessors.map(({ id }) => id).filter((id) => id !== session),
    knows: knows % 3 === 0 ? [] : knownAttempts(pair, knows),
  };
};

/** Equal tasks fail on all targets. */
function storm(pair: Pair, draws: Draws): null {
  const [kind, what] = [pick(["job", "deploy"] as const, draws.next()), pick([failure, other], draws.next())];
  const ids: string[] = [];
  for (const place of targetNames) {
    const task = { ...taskWish(pair, new Draws([])), kind, targets: [place] };
    pair.apply({ type: "submit", ended: null, task });
    ids.push(task.id);
  }
  for (const { id, token, session, task } of legsIn(pair, "granted")) {
    if (token === null || session === null || !ids.includes(task)) continue;
    const outcome = { type: "error", failure: what } as const;
    pair.apply({ type: "report", session, leg: id, token, report: { type: "finished", outcome } });
  }
  return null;
}

/** A tentacle comes back with another version, and nobody else is left. */
function upgrade(pair: Pair, draws: Draws): Wish {
  const [who, version] = [draws.next(), draws.next()];
  const sessions = [...pair.stored.sessions.values()];
  for (const { id, tentacle } of sessions)
    if (tentacle !== "alpha") pair.apply({ type: "session.close", session: id });
  return {
    type: "session.open",
    session: sessionToOpen(pair, who),
    user: null,
    tentacle: "alpha",
    version: pick(["v2", "v3", "v1"], version),
    targets: targetNames,
    capacity: 4,
    succeeds: sessions.filter(({ tentacle }) => tentacle === "alpha").map(({ id }) => id),
    knows: [],
  };
}

function knownAttempts({ stored, deliveries }: Pair, draw: number): KnownAttempt[] {
  const lost = [...stored.legs.values()].flatMap(({ id, parking }) =>
    parking?.token == null ? [] : [{ leg: id, token: parking.token }],
  );
  const recent = [...lost, ...deliveries.slice(-3)].filter((_each, index) => (draw >> index) % 2 === 0);
  const unique = new Map(recent.map(({ leg, token }) => [token, { leg, token }]));
  return [...unique.values()].map((known, index) => ({
    ...known,
    outcome: sometimes(draw + index, 2, pick(outcomes, draw + index)),
  }));
}

const placeHold: Play = (pair, draws) => {
  const [id, kind, where, from, until, longer] = Array.from({ length: 6 }, () => draws.next()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    type: "hold.place",
    hold: `h${pair.stored.holds.size + (id % 12) * 10}`,
    owner: "anna",
    reason: "db move",
    scope: {
      kinds: kind % 4 === 1 ? [pick(kinds, kind >> 2)] : [],
      names: kind % 5 === 1 ? ["shop"] : [],
      targets: where % 3 === 0 ? [] : [pick(targetNames, where)],
      tags: where % 7 === 6 ? ["blue"] : [],
    },
    from: from % 2 === 0 ? null : pair.at + 1_000 + (from % 7) * 1_000,
    until: until % 5 < 4 ? pair.at + 2_000 + (until % 11) * 1_000 : null,
    longerThanMs: longer % 4 === 3 ? 1_000 * (1 + (longer % 5)) : null,
  };
};

function attemptsOf(most: number): Record<TaskKind, number> {
  return { deploy: most, job: most, runbook: most, "health-check": most };
}

function policyOf(draws: Draws): TargetPolicy {
  const [modes, attempts, lanes, unknown, isolation] = Array.from({ length: 5 }, () => draws.next()) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const mode = pick(["shared", "bypass", "exclusive"] as const, modes >> 2);
  return {
    ...(modes % 4 === 3 ? { modes: { [pick(kinds, modes)]: mode } } : {}),
    ...(attempts % 2 === 1 ? { attempts: attemptsOf(1 + (attempts % 3)) } : {}),
    ...(lanes % 4 === 3 ? { lanes: { "health-check": 2, deploy: 2 } } : {}),
    ...(unknown % 4 === 3
      ? { onUnknownResult: { [pick(kinds, unknown >> 2)]: pick(["park", "retry"] as const, unknown) } }
      : {}),
    ...(isolation % 9 === 8 ? { allowLessIsolation: false } : {}),
  };
}

/** Sessions mostly live on: what takes longer than a lease would never be seen. */
function beatAll(pair: Pair): void {
  for (const session of [...pair.stored.sessions.keys()]) pair.apply({ type: "session.beat", session });
}

function anySession({ stored }: Pair, draw: number): string {
  return pick([...stored.sessions.keys(), "nobody"], draw);
}

const schedule: Play = (pair, draws) => {
  const id = pick(["nightly", "hourly"], draws.next());
  const [period, missed, overlap, paused] = [draws.next(), draws.next(), draws.next(), draws.next()];
  const { id: _, notBefore: __, queueExpiresAt: ___, ...task } = taskWish(pair, draws);
  return {
    type: "schedule.put",
    schedule: id,
    spec: {
      times: {
        type: "every",
        everyMs: 2_000 + (period % 5) * 1_500,
        anchorAt: pair.at + (id === "nightly" ? 13 : 17),
      },
      missed: pick(["skip", "once"] as const, missed),
      overlap: pick(["queue", "skip"] as const, overlap),
      paused: paused % 9 === 8,
      owner: "anna",
      task: { ...task, queueExpiryMs: sometimes(paused, 3, 3_001) },
      payload: "{}",
    },
  };
};

const plays = {
  submit: (pair: Pair, draws: Draws): Wish => {
    const again = draws.next();
    const task = taskWish(pair, draws);
    const known = again % 40 === 39 ? pick([...pair.stored.tasks.values()], again) : undefined;
    const ended = known !== undefined && isEndState(known.status.state) ? { digest: known.digest } : null;
    return { type: "submit", ended, task: known === undefined ? task : { ...task, id: known.id } };
  },
  report,
  claim,
  openSession,
  placeHold,
  wait: (pair: Pair, draws: Draws): Wish | null => {
    const [ms, beats, ticks] = [draws.next(), draws.next(), draws.next()];
    if (beats % 20 < 19) beatAll(pair);
    pair.at += (ms % 24) * 250;
    return ticks % 5 === 4 ? null : { type: "tick" };
  },
  nextTimer: (pair: Pair, draws: Draws): Wish => {
    if (draws.next() % 20 < 19) beatAll(pair);
    pair.at = Math.max(pair.at, pair.nextTimerAt ?? 0);
    return { type: "tick" };
  },
  cancel: (pair: Pair, draws: Draws): Wish => ({
    type: "cancel",
    task: anyTask(pair, draws.next()),
    by: "anna",
    reason: "",
  }),
  prioritize: (pair: Pair, draws: Draws): Wish => ({
    type: "prioritize",
    task: anyTask(pair, draws.next()),
    priority: pick(classes, draws.next()),
  }),
  release: (pair: Pair, draws: Draws): Wish => ({
    type: "release",
    task: parkedTask(pair, draws.next()),
    by: "anna",
  }),
  discard: (pair: Pair, draws: Draws): Wish => ({
    type: "discard",
    task: parkedTask(pair, draws.next()),
    by: "anna",
    reason: "old",
  }),
  decide: (pair: Pair, draws: Draws): Wish => ({
    type: "decide",
    task: parkedTask(pair, draws.next()),
    result: pick(["succeeded", "failed"] as const, draws.next()),
    by: "anna",
    reason: "looked",
  }),
  putTarget: (_pair: Pair, draws: Draws): Wish => ({
    type: "target.put",
    target: pick(targetNames, draws.next()),
    tags: pick(tags, draws.next()),
    policy: policyOf(draws),
    users: pick(users, draws.next()),
  }),
  removeTarget: (_pair: Pair, draws: Draws): Wish => ({
    type: "target.remove",
    target: pick(targetNames, draws.next()),
  }),
  liftHold: (pair: Pair, draws: Draws): Wish => ({
    type: "hold.lift",
    hold: pick([...pair.stored.holds.keys(), "h0"], draws.next()),
    by: "anna",
  }),
  releaseQuarantine: (pair: Pair, draws: Draws): Wish => {
    const quarantine = pick([...pair.stored.quarantines.values()], draws.next());
    const { target, mutex } = quarantine ?? { target: "a", mutex: "script" };
    return { type: "quarantine.release", target, mutex, by: "anna" };
  },
  drain: (pair: Pair, draws: Draws): Wish => ({
    type: "session.drain",
    session: anySession(pair, draws.next()),
  }),
  close: (pair: Pair, draws: Draws): Wish => ({
    type: "session.close",
    session: anySession(pair, draws.next()),
  }),
  putSemaphore: (_pair: Pair, draws: Draws): Wish => ({
    type: "semaphore.put",
    semaphore: pick(["db", "net", "task-cap", "lane.health-check"], draws.next()),
    limit: pick([1, 2, null, 2, 1, null, 0], draws.next()),
  }),
  schedule,
  removeSchedule: (_pair: Pair, draws: Draws): Wish => ({
    type: "schedule.remove",
    schedule: pick(["nightly", "hourly"], draws.next()),
  }),
  paused: (_pair: Pair, draws: Draws): Wish => ({ type: "paused", ms: draws.next() * 10 }),
  resend: (): Wish => ({ type: "resend" }),
  storm,
  upgrade,
  reload: (pair: Pair): null => {
    pair.reload();
    return null;
  },
} satisfies Record<string, Play>;

export const weights: Readonly<Record<ActionType, number>> = {
  submit: 24,
  report: 70,
  claim: 4,
  openSession: 10,
  placeHold: 3,
  wait: 14,
  nextTimer: 8,
  cancel: 3,
  prioritize: 3,
  release: 2,
  discard: 1,
  decide: 2,
  putTarget: 3,
  removeTarget: 1,
  liftHold: 3,
  releaseQuarantine: 3,
  drain: 1,
  close: 1,
  putSemaphore: 3,
  schedule: 1,
  removeSchedule: 1,
  paused: 1,
  resend: 1,
  reload: 2,
  storm: 1,
  upgrade: 2,
};

export function play(pair: Pair, { type, draws }: Action): void {
  const wish = plays[type](pair, new Draws(draws));
  if (wish !== null) pair.apply(wish);
}
