import type { Assembly } from "./assembly.ts";
import type { HoldScope } from "./command.ts";
import type { Durations } from "./duration.ts";
import { LegLine } from "./line.ts";
import type { TaskPlan } from "./plan.ts";
import type { TargetPolicy } from "./policy.ts";
import type { CancelRecord, ParkingRecord, QuarantineRecord, ScheduleRecord } from "./record.ts";
import { type Semaphore, type SemaphoreQueue, type SpaceSemaphores, spaceSemaphores } from "./semaphore.ts";
import type { Calendar, EngineSettings } from "./settings.ts";
import { type Timed, Timers } from "./timers.ts";
import type { VersionRelease } from "./version-release.ts";
import { isEndState, type LegState, type Mode, type PriorityClass, type TaskKind } from "./words.ts";

/** A task that has not ended. */
export interface Task {
  readonly id: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly mutex: string;
  readonly digest: string;
  order: number;
  priority: PriorityClass;
  /** Rank of the priority class; with `order` the place in a line. */
  rank: number;
  readonly queuedAt: number;
  readonly notBefore: number | null;
  readonly queueExpiresAt: number | null;
  readonly timeoutMs: number | null;
  readonly estimateMs: number | null;
  readonly cancelGraceMs: number | null;
  readonly plan: TaskPlan | null;
  readonly schedule: string | null;
  startedAt: number | null;
  endedAt: number | null;
  legs: Leg[];
  /** How many of its legs are in each state; `null` where it has one leg. */
  readonly tally: Tally | null;
  /** Grants of its legs that hold a slot: while there are any, it holds its permits. */
  grantCount: number;
  /** Its legs that wait for its permits; `null`: none. With the first grant it has them. */
  queued: Set<Leg> | null;
  /** Bounds how many of its legs are unfinished at once. */
  readonly window: Semaphore | null;
  /** How its legs come together to start at one instant. */
  readonly assembly: Assembly | null;
  family: Family | null;
}

export type Tally = Record<LegState, number>;

/** Whose child a task is, and which children it has. */
export interface Family {
  parent: Task | null;
  /** Those that have not ended. */
  readonly children: Set<Task>;
  childrenFailed: number;
  /** A child is being admitted. */
  isExpecting: boolean;
}

/** A leg of a task that has not ended. Which fields mean something depends on `state`; `leg.ts` sets them together. */
export interface Leg extends Timed {
  readonly timed: "leg";
  readonly id: string;
  /** Of its task, from 1. */
  readonly number: number;
  readonly task: Task;
  readonly target: Target;
  readonly mode: Mode;
  /** Where it waits for its turn, and where it counts as a holder. */
  readonly line: Line;
  state: LegState;
  attempt: number;
  failures: number;
  token: string | null;
  session: Session | null;
  readyAt: number | null;
  grantedAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  exitCode: number | null;
  reason: string | null;
  cancel: CancelRecord | null;
  step: number;
  parking: ParkingRecord | null;
  /** Place in the heap of its line; -1: it is not in line. */
  lineIndex: number;
  /** What took it out of its line, and will put it back. */
  aside: Hold | SemaphoreQueue | null;
  /** The leg whose run answers for this one too. */
  joined: Leg | null;
  /** The same, of a leg that had ended when this owner began. */
  answeredBy: string | null;
  /** The legs that this one's run answers for. `null` where there are none, as nearly always. */
  followers: Leg[] | null;
}

/** What legs of one target compete for: a slot by mutex name, or a lane of bypassing legs by kind. */
export type Line = Slot | Lane;

export interface Slot {
  readonly type: "slot";
  readonly target: Target;
  readonly mutex: string;
  readonly waiting: LegLine;
  /** Legs that are granted, running or cancelling here: one exclusive, or any number of shared ones. */
  readonly holders: Set<Leg>;
  /** Attempts that were given up and may still be running. */
  readonly quarantines: Map<string, QuarantineRecord>;
  /** Legs of this slot that have not ended, wherever they wait. */
  legCount: number;
  /** The leg at its head keeps later ones from starting that could. */
  bar: Bar | null;
  queues: Map<Semaphore, SemaphoreQueue> | null;
}

export interface Bar {
  readonly leg: Leg;
  /** What it needs besides the slot: without that it bars nobody. */
  readonly semaphores: readonly Semaphore[];
}

export interface Lane {
  readonly type: "lane";
  readonly target: Target;
  readonly kind: TaskKind;
  readonly waiting: LegLine;
  readonly holders: Set<Leg>;
  /** Legs of this lane that have not ended, wherever they wait. */
  legCount: number;
  /** Waiting checks that an equal one can join, by digest. */
  readonly joinable: Map<string, Leg>;
  queues: Map<Semaphore, SemaphoreQueue> | null;
}

export interface Target {
  readonly id: string;
  policy: TargetPolicy;
  tags: readonly string[];
  users: readonly string[];
  /** Open sessions that serve it, in the order in which they were opened. */
  readonly sessions: Set<Session>;
  readonly slots: Map<string, Slot>;
  readonly lanes: Map<TaskKind, Lane>;
  /** Grants that hold a slot and that no session has claimed yet: they will take room in one of the sessions. */
  unclaimed: number;
  /** Tasks that have not ended, with a leg here. */
  taskCount: number;
  /** Legs that are parked for their failures; `null`: none. */
  parked: Set<Leg> | null;
  /** Tasks that start together and have not begun, with a leg here; `null`: none. */
  assemblies: Set<Task> | null;
  durations: Durations | null;
  /** Legs that wait because a window is too short for what is expected of them, by the name of their task; `null`: none. */
  awaitingShorter: Map<string, Set<Leg>> | null;
}

export interface Session extends Timed {
  readonly timed: "session";
  readonly id: string;
  readonly tentacle: string;
  readonly version: string;
  readonly targets: readonly string[];
  readonly capacity: number;
  readonly openedAt: number;
  readonly user: string | null;
  leaseUntil: number;
  draining: boolean;
  /** Legs granted to it. */
  readonly legs: Set<Leg>;
  /** How many of `legs` hold a slot: what its capacity bounds. */
  load: number;
  /** Slots whose next leg only waits for room here. */
  readonly starved: Set<Slot>;
  /** Tasks that start together and only wait for room here: later ones do not take it from them. */
  readonly reservedFor: Set<Task>;
}

export interface Hold extends Timed {
  readonly type: "hold";
  readonly timed: "hold";
  readonly id: string;
  readonly scope: HoldScope;
  readonly owner: string;
  readonly reason: string;
  readonly placedAt: number;
  readonly from: number;
  readonly until: number | null;
  readonly longerThanMs: number | null;
  active: boolean;
  /** Legs it took out of their lines. */
  readonly legs: Set<Leg>;
}

export interface Schedule extends Timed {
  readonly timed: "schedule";
  record: ScheduleRecord;
}

/** The live state of one space. */
export interface State {
  readonly settings: EngineSettings;
  readonly calendar: Calendar;
  /** Of all tokens of this owner: the epoch, which makes them greater than those of all owners before. */
  readonly tokenPrefix: string;
  orderCounter: number;
  tokenCounter: number;
  readonly tasks: Map<string, Task>;
  readonly targets: Map<string, Target>;
  readonly sessions: Map<string, Session>;
  /** Sessions whose lease seems to have ended: it is not known yet whether they were silent. */
  readonly unheard: Set<Session>;
  readonly holds: Map<string, Hold>;
  /** Holds that name targets, by target. */
  readonly holdsByTarget: Map<string, Set<Hold>>;
  /** Holds that cover targets they do not name. */
  readonly broadHolds: Set<Hold>;
  /** Slots with a `bar`: what a new hold may unbar. */
  readonly barredSlots: Set<Slot>;
  readonly timers: Timers;
  /** Slots that a given-up attempt keeps shut, by its token. */
  readonly quarantinedSlots: Map<string, Slot>;
  /** Open sessions that serve a target which does not exist (yet), by its name. */
  readonly awaitedTargets: Map<string, Set<Session>>;
  /** Those that somebody has set or that a live task names. */
  readonly semaphores: Map<string, Semaphore>;
  readonly spaceSemaphores: SpaceSemaphores;
  /** Live tasks by what they supersede. */
  readonly superseding: Map<string, Set<Task>>;
  /** Tasks that start together and have not begun. */
  readonly assemblies: Set<Task>;
  readonly schedules: Map<string, Schedule>;
  /** Legs that are parked for their failures, by fingerprint. */
  readonly parkedAlike: Map<string, Set<Leg>>;
  /** Legs that were, and have not ended. */
  readonly comingBack: Map<string, Set<Leg>>;
  /** By fingerprint and version. */
  readonly releases: Map<string, VersionRelease>;
  /** By the parked leg that waits in it. */
  readonly awaitedReleases: Map<Leg, VersionRelease>;
}

export function emptyState(settings: EngineSettings, calendar: Calendar, epoch: number): State {
  return {
    settings,
    calendar,
    tokenPrefix: `${String(epoch).padStart(14, "0")}-`,
    orderCounter: 0,
    tokenCounter: 0,
    tasks: new Map(),
    targets: new Map(),
    sessions: new Map(),
    unheard: new Set(),
    holds: new Map(),
    holdsByTarget: new Map(),
    broadHolds: new Set(),
    barredSlots: new Set(),
    timers: new Timers(),
    quarantinedSlots: new Map(),
    awaitedTargets: new Map(),
    semaphores: new Map(),
    spaceSemaphores: spaceSemaphores(),
    superseding: new Map(),
    assemblies: new Set(),
    schedules: new Map(),
    parkedAlike: new Map(),
    comingBack: new Map(),
    releases: new Map(),
    awaitedReleases: new Map(),
  };
}

/** By its id, which is that of its task, a dot and its number from 1. `undefined`: it has ended, or never was. */
export function findLeg(state: State, id: string): Leg | undefined {
  const dot = id.lastIndexOf(".");
  const leg = state.tasks.get(id.slice(0, dot))?.legs[Number(id.slice(dot + 1)) - 1];
  return leg === undefined || leg.id !== id || isEndState(leg.state) ? undefined : leg;
}

export function* liveLegs(state: State): Generator<Leg> {
  for (const task of state.tasks.values()) {
    for (const leg of task.legs) if (!isEndState(leg.state)) yield leg;
  }
}

export function slotOf(target: Target, mutex: string): Slot {
  let slot = target.slots.get(mutex);
  if (slot === undefined) {
    slot = {
      type: "slot",
      target,
      mutex,
      waiting: new LegLine(),
      holders: new Set(),
      quarantines: new Map(),
      legCount: 0,
      bar: null,
      queues: null,
    };
    target.slots.set(mutex, slot);
  }
  return slot;
}

export function laneOf(target: Target, kind: TaskKind): Lane {
  let lane = target.lanes.get(kind);
  if (lane === undefined) {
    lane = {
      type: "lane",
      target,
      kind,
      waiting: new LegLine(),
      holders: new Set(),
      legCount: 0,
      joinable: new Map(),
      queues: null,
    };
    target.lanes.set(kind, lane);
  }
  return lane;
}

/** Somebody waits behind the leg at its head, or is yet to be called into the line. */
export function barsOthers(slot: Slot): boolean {
  return slot.waiting.size > 1 || slot.queues !== null;
}

/**
 * Lines without anything in them are forgotten, so that memory follows what is alive and not what has been. Two objects
 * for one slot would break exclusion, so a line stays while any leg refers to it.
 */
export function forgetIfEmpty(line: Line): void {
  if (line.legCount > 0) return;
  if (line.type === "lane") line.target.lanes.delete(line.kind);
  else if (line.quarantines.size === 0 && line.bar === null) line.target.slots.delete(line.mutex);
}
