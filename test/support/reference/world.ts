// A space as plain data. The reference keeps all that ever was in arrays and looks through all of it each time: slow, and easy to believe.
import type {
  HoldRecord,
  LegRecord,
  LegState,
  ParkingRecord,
  QuarantineRecord,
  ScheduleRecord,
  SessionRecord,
  TargetRecord,
  TaskKind,
  TaskRecord,
  TaskStatus,
} from "@berth/engine";
import { isEndState } from "@berth/engine";

type Writable<Record> = { -readonly [Key in keyof Record]: Record[Key] };

export interface RefTask extends Writable<Omit<TaskRecord, "status" | "targets">> {
  priority: TaskStatus["priority"];
  startedAt: number | null;
  childrenFailed: number;
  readonly legs: RefLeg[];
}

export interface RefLeg
  extends Writable<Omit<LegRecord, "task" | "joined" | "reason" | "parking" | "grantedAt" | "endedAt">> {
  readonly task: RefTask;
  readonly number: number;
  joined: RefLeg | null;
  parking: ParkingRecord | null;
}

/** What the rules leave open. */
export interface Chance {
  /** When a leg is ready: back-off is a matter of chance, and what is spread of a hash. */
  readyAt(leg: string, earliest: number, latest: number): number;
  /** Which of several equal checks that wait it joins. */
  leader(leg: RefLeg, candidates: readonly RefLeg[]): RefLeg | null;
  /** Who of these comes back next for a version. */
  next(candidates: readonly RefLeg[]): RefLeg | undefined;
}

export interface RefSession extends Writable<SessionRecord> {
  leaseUntil: number;
}

/** How long attempts took, in whole seconds, the latest last. */
export interface RefDuration {
  readonly target: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly step: number;
  seconds: number[];
  /** As they were when what is expected changed: only then it is stored. */
  stored: readonly number[];
}

/** What comes back for a version, of all that failed alike. */
export interface RefRelease {
  readonly version: string;
  readonly fingerprint: string;
  stage: "canary" | "following" | "stopped";
  tried: RefLeg[];
  /** When the next one follows; `null`: as soon as there is one. */
  nextAt: number | null;
}

export interface Limits {
  readonly leaseMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  readonly cancelGraceMs: number;
  readonly cancelMarginMs: number;
  readonly unknownEstimateMs: number;
  readonly releaseEveryMs: number;
  readonly missedAfterMs: number;
}

export interface World {
  readonly limits: Limits;
  chance: Chance;
  at: number;
  epoch: number;
  orders: number;
  tokens: number;
  /** One for each attempt that failed. */
  readonly oopses: Set<string>;
  readonly tasks: RefTask[];
  targets: TargetRecord[];
  sessions: RefSession[];
  holds: HoldRecord[];
  quarantines: QuarantineRecord[];
  semaphores: { readonly id: string; readonly limit: number }[];
  schedules: Writable<ScheduleRecord>[];
  durations: RefDuration[];
  releases: RefRelease[];
}

export function emptyWorld(limits: Limits, chance: Chance, at: number): World {
  return {
    limits,
    chance,
    at,
    epoch: 1,
    orders: 0,
    tokens: 0,
    oopses: new Set(),
    tasks: [],
    targets: [],
    sessions: [],
    holds: [],
    quarantines: [],
    semaphores: [],
    schedules: [],
    durations: [],
    releases: [],
  };
}

const holdingStates: ReadonlySet<LegState> = new Set(["granted", "running", "cancelling"]);

export function holds(leg: RefLeg): boolean {
  return holdingStates.has(leg.state);
}

export function lives(task: RefTask): boolean {
  return task.legs.some((leg) => !isEndState(leg.state));
}

export function liveTask(world: World, id: string): RefTask | undefined {
  return world.tasks.find((task) => task.id === id && lives(task));
}

export function liveLegs(world: World): RefLeg[] {
  return world.tasks.flatMap((task) => task.legs).filter((leg) => !isEndState(leg.state));
}

export function liveLeg(world: World, id: string): RefLeg | undefined {
  return liveLegs(world).find((leg) => leg.id === id);
}

export function waitingLegs(world: World): RefLeg[] {
  return liveLegs(world).filter((leg) => leg.state === "waiting");
}

export function childrenOf(world: World, task: RefTask): RefTask[] {
  return world.tasks.filter((child) => child.plan?.parent === task.id && lives(child));
}

export function target(world: World, id: string): TargetRecord {
  const found = world.targets.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no target ${id}`);
  return found;
}

/** Sessions that serve a target and take something new, in the order of their opening. */
export function eligibleSessions(world: World, targetId: string): RefSession[] {
  return world.sessions.filter((session) => !session.draining && serves(world, session, targetId));
}

/** Whoever names a target serves it, unless its users are others. */
export function serves(world: World, { targets, user }: RefSession, targetId: string): boolean {
  const users = world.targets.find(({ id }) => id === targetId)?.users ?? [];
  return targets.includes(targetId) && (user === null || users.length === 0 || users.includes(user));
}

/** What legs compete for: their slot, or the lane of their kind. */
export function lineOf({ mode, target: at, task }: RefLeg): string {
  return mode === "bypass" ? `${at}: ${task.kind}` : `${at}/${task.mutex}`;
}

const ranks: readonly string[] = ["top", "high", "normal", "low"];

/** Negative: the first comes first. */
export function byPlace(one: RefLeg, other: RefLeg): number {
  const byClass = ranks.indexOf(one.task.priority) - ranks.indexOf(other.task.priority);
  return byClass || one.task.order - other.task.order || one.number - other.number;
}

export function precedes(one: RefLeg, other: RefLeg): boolean {
  return byPlace(one, other) < 0;
}

/** It starts at one instant with the other legs of its task, none of which has begun. */
export function isAssembling({ plan, legs }: RefTask): boolean {
  return plan?.rollout.type === "together" && legs.length > 1 && legs.every(({ attempt }) => attempt === 0);
}

const statesByWeight: readonly LegState[] = [
  ...(["running", "cancelling", "granted", "parked", "waiting"] as const),
  ...(["failed", "unavailable", "timed-out", "canceled", "succeeded"] as const),
];

export function stateOfTask({ legs }: RefTask): LegState {
  const found = statesByWeight.find((state) => legs.some((leg) => leg.state === state));
  if (found === undefined) throw new Error("a task without legs");
  return found;
}
