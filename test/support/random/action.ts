// What may happen to a space. Each action is made of small numbers, so that a failing run can be made smaller and repeated.
import type {
  AttemptOutcome,
  AttemptReport,
  Mode,
  PriorityClass,
  TargetPolicy,
  TaskKind,
} from "@berth/engine";
import { isEndState } from "@berth/engine";
import type { RandomSpace, Wish } from "./space.ts";

/** An action and what it draws from: `a` mostly says which, `b` and `c` how. */
export interface Action {
  readonly type: ActionType;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

type ActionType =
  | "submit"
  | "report"
  | "claim"
  | "openSession"
  | "placeHold"
  | "cancel"
  | "prioritize"
  | "release"
  | "discard"
  | "putTarget"
  | "removeTarget"
  | "liftHold"
  | "releaseQuarantine"
  | "beatAll"
  | "drain"
  | "close"
  | "resend"
  | "paused"
  | "wait"
  | "nextTimer"
  | "reload";

type Draw = Omit<Action, "type">;
type Play = (space: RandomSpace, draw: Draw) => Wish | null;

const kinds: readonly TaskKind[] = ["deploy", "runbook", "health-check", "job"];
const targets = ["web-1", "web-2", "db-1"];
const sessionTargets = [["web-1"], ["web-1", "web-2"], ["web-2", "db-1"], ["db-1"]];
const classes: readonly PriorityClass[] = ["normal", "top", "high", "low"];
const modes: readonly Mode[] = ["shared", "exclusive", "bypass"];
const tags = [[], ["blue"], ["blue", "green"], ["green"]];
const failure = { type: "HandlerError", value: "it broke", text: null };

function pick<Item>(list: readonly Item[], number: number): Item {
  return list[number % list.length] as Item;
}

/** One draw in `most` is set; the others leave it open. */
function sometimes<Value>(number: number, most: number, value: Value): Value | null {
  return number % most === 0 ? value : null;
}

const outcomes: readonly AttemptOutcome[] = [
  { type: "succeeded", exitCode: 0 },
  { type: "failed", exitCode: 3, message: "exit code 3" },
  { type: "error", failure },
  { type: "canceled" },
  { type: "timed-out" },
];

const reports: readonly AttemptReport[] = [
  { type: "started" },
  { type: "started" },
  ...outcomes.map((outcome): AttemptReport => ({ type: "finished", outcome })),
  { type: "finished", outcome: { type: "succeeded", exitCode: 0 } },
  { type: "lost", failure },
  { type: "progress" },
  { type: "rejected", reason: "draining" },
  { type: "rejected", reason: "revoked" },
  { type: "rejected", reason: "unreadable", failure },
];

function policyOf({ b, c }: Draw): TargetPolicy {
  return {
    ...(b % 3 === 0 ? { modes: { [pick(kinds, b)]: pick(modes, c) } } : {}),
    ...(b % 4 === 0 ? { attempts: { [pick(kinds, c)]: 1 + (c % 2) } } : {}),
    ...(b % 5 === 0 ? { lanes: { "health-check": 2 } } : {}),
    ...(b % 7 === 0 ? { onUnknownResult: { [pick(kinds, c)]: pick(["park", "retry"] as const, b) } } : {}),
    ...(c % 5 === 0 ? { allowLessIsolation: false } : {}),
  };
}

/** One in forty is a task that was submitted before, or looks like it. */
const submit: Play = ({ at, stored }, { a, b, c }) => {
  const id = `t${stored.tasks.size + (c % 40 === 0 ? 0 : 1)}`;
  const known = stored.tasks.get(id);
  return {
    type: "submit",
    ended: known !== undefined && isEndState(known.status.state) ? { digest: known.digest } : null,
    task: {
      id,
      kind: pick(kinds, a),
      name: pick(["shop", "mail"], b),
      targets: [pick(targets, b)],
      mutex: pick(["script", "script", "db"], c),
      priority: pick(classes, c % 9 < 6 ? 0 : c),
      variables: c % 6 === 0 ? { OctopusBypassDeploymentMutex: "True" } : {},
      digest: pick(["", "disk", "disk", "ping"], c),
      notBefore: sometimes(b, 5, at + 4_000),
      queueExpiresAt: sometimes(c, 4, at + 6_000),
      timeoutMs: sometimes(a, 3, 5_000),
      estimateMs: null,
      cancelGraceMs: sometimes(b, 4, 1_000),
      plan: null,
    },
  };
};

/** Of the latest deliveries, the session that got it or another one; so some reports are stale. */
const report: Play = (space, { a, b, c }) => {
  const delivery = space.deliveries.at(-1 - (a % Math.min(12, space.deliveries.length || 1)));
  if (delivery === undefined) return null;
  const known = space.stored.legs.get(delivery.leg)?.session ?? delivery.session;
  const session = c % 15 === 0 ? pick([...space.stored.sessions.keys(), "nobody"], c) : (known ?? "nobody");
  return { type: "report", session, leg: delivery.leg, token: delivery.token, report: pick(reports, b) };
};

const claim: Play = (space, { a, b }) => {
  const unclaimed = space.deliveries.filter(({ session }) => session === null);
  const source = a % 5 === 0 ? space.deliveries : unclaimed;
  const delivery = source.at(-1 - (a % Math.min(8, source.length || 1)));
  const session = pick([...space.stored.sessions.keys(), "nobody"], b);
  return delivery === undefined ? null : { type: "claim", session, leg: delivery.leg, token: delivery.token };
};

/** Any task, but mostly one that is alive. */
function someTask({ stored }: RandomSpace, { a }: Draw): string {
  const alive = stored.liveLegs().map(({ task }) => task);
  return pick(alive.length > 0 && a % 9 !== 0 ? alive : [...stored.tasks.keys(), "t0"], a);
}

function parkedTask(space: RandomSpace, draw: Draw): string {
  const parked = space.stored.liveLegs().filter(({ state }) => state === "parked");
  return parked.length > 0 ? pick(parked, draw.a).task : someTask(space, draw);
}

const openSession: Play = ({ stored }, { a, b, c }) => ({
  type: "session.open",
  session: `s${a % 6}`,
  user: pick([null, "u1", "u2"], b),
  tentacle: `tentacle-${a % 4}`,
  version: "1.0",
  targets: pick(sessionTargets, a),
  capacity: 1 + (b % 3),
  succeeds: c % 3 === 0 ? [...stored.sessions.keys()] : [],
  knows: [],
});

function someSession({ stored }: RandomSpace, { a }: Draw): string {
  return pick([...stored.sessions.keys(), "nobody"], a);
}

const placeHold: Play = ({ at, stored }, { a, b, c }) => ({
  type: "hold.place",
  hold: `h${c % 20 === 0 ? a : stored.holds.size + a * 10}`,
  owner: "anna",
  reason: "db move",
  scope: {
    kinds: a % 3 === 0 ? [pick(kinds, b)] : [],
    names: a % 7 === 0 ? ["shop"] : [],
    targets: b % 3 === 0 ? [pick(targets, c)] : [],
    tags: b % 4 === 0 ? ["blue"] : [],
  },
  from: sometimes(b, 3, at + 3_000),
  until: sometimes(c, 2, at + 1_000 + (a % 9) * 1_000),
  longerThanMs: null,
});

/** Sessions mostly live on: what takes longer than a lease would never be seen. */
function beatAll(space: RandomSpace): void {
  for (const session of space.stored.sessions.keys()) space.apply({ type: "session.beat", session });
}

const actions: Readonly<Record<ActionType, Play>> = {
  submit,
  report,
  claim,
  openSession,
  placeHold,
  cancel: (space, draw) => ({
    type: "cancel",
    task: someTask(space, draw),
    by: "anna",
    reason: "",
  }),
  prioritize: (space, draw) => ({
    type: "prioritize",
    task: someTask(space, draw),
    priority: pick(classes, draw.b),
  }),
  release: (space, draw) => ({
    type: "release",
    task: parkedTask(space, draw),
    by: "anna",
  }),
  discard: (space, draw) => ({
    type: "discard",
    task: parkedTask(space, draw),
    by: "anna",
    reason: "old",
  }),
  putTarget: (_space, draw) => ({
    type: "target.put",
    target: pick(targets, draw.a),
    policy: policyOf(draw),
    tags: pick(tags, draw.b),
    users: pick([[], ["u1"], ["u1", "u2"]], draw.c),
  }),
  removeTarget: (_space, draw) => ({
    type: "target.remove",
    target: pick(targets, draw.a),
  }),
  liftHold: (space, draw) => ({
    type: "hold.lift",
    hold: pick([...space.stored.holds.keys(), "h0"], draw.a),
    by: "anna",
  }),
  releaseQuarantine: (space, draw) => {
    const quarantine = pick([...space.stored.quarantines.values(), undefined], draw.a);
    const { target, mutex } = quarantine ?? { target: "web-1", mutex: "script" };
    return { type: "quarantine.release", target, mutex, by: "anna" };
  },
  beatAll: (space) => {
    beatAll(space);
    return null;
  },
  drain: (space, draw) => ({
    type: "session.drain",
    session: someSession(space, draw),
  }),
  close: (space, draw) => ({
    type: "session.close",
    session: someSession(space, draw),
  }),
  resend: () => ({ type: "resend" }),
  paused: (_space, draw) => ({ type: "paused", ms: draw.a * 10 }),
  /** The clock goes on, with or without a look at the timers. */
  wait: (space, draw) => {
    if (draw.c % 4 > 0) beatAll(space);
    space.at += (draw.a % 30) * 100;
    return draw.b % 4 === 0 ? null : { type: "tick" };
  },
  nextTimer: (space, draw) => {
    if (draw.c % 4 > 0) beatAll(space);
    space.at = Math.max(space.at, space.nextTimerAt ?? 0);
    return { type: "tick" };
  },
  reload: (space) => {
    space.reload();
    return null;
  },
};

export const weights: Readonly<Record<ActionType, number>> = {
  submit: 30,
  report: 34,
  claim: 10,
  openSession: 8,
  placeHold: 4,
  cancel: 6,
  prioritize: 4,
  release: 3,
  discard: 1,
  putTarget: 6,
  removeTarget: 1,
  liftHold: 3,
  releaseQuarantine: 2,
  beatAll: 5,
  drain: 2,
  close: 2,
  resend: 1,
  paused: 1,
  wait: 12,
  nextTimer: 4,
  reload: 2,
};

export function play(space: RandomSpace, { type, ...draw }: Action): void {
  const wish = actions[type](space, draw);
  if (wish !== null) space.apply(wish);
}
