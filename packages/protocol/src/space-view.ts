import { z } from "zod";
import { HoldScope } from "./hold.ts";
import { ScheduleRequest } from "./schedule.ts";
import { TargetPolicy } from "./target.ts";
import { Mode, ShownTime, TaskKind, TaskState } from "./words.ts";

export const SessionView = z.object({
  id: z.string(),
  tentacle: z.string(),
  version: z.string(),
  openedAt: ShownTime,
  draining: z.boolean(),
});

export const TargetView = z.object({
  name: z.string(),
  policy: TargetPolicy,
  tags: z.array(z.string()),
  /** Users of the broker that may speak for it; empty: the one that a tentacle of its name has by default. */
  users: z.array(z.string()),
  /** Open sessions that serve it; none: it is offline. */
  sessions: z.array(SessionView),
  quarantines: z.array(
    z.object({
      mutex: z.string(),
      leg: z.string(),
      token: z.string(),
      tentacle: z.string(),
      since: ShownTime,
    }),
  ),
});
export type TargetView = z.infer<typeof TargetView>;

export const HoldView = z.object({
  id: z.string(),
  scope: HoldScope,
  owner: z.string(),
  reason: z.string(),
  placedAt: ShownTime,
  from: ShownTime,
  until: ShownTime.nullable(),
  /** It stops only what takes longer than this; `null`: everything. */
  longerThanMs: z.int().nullable(),
  active: z.boolean(),
});
export type HoldView = z.infer<typeof HoldView>;

/** Whether anything runs in a scope, and until when. */
export const ClearanceView = z.object({
  /** Nothing runs there, and nothing that was given up may still run there. */
  isClear: z.boolean(),
  /** When it will be, if everything takes as long as it usually does; `null`: unknown. */
  clearAt: ShownTime.nullable(),
  running: z.array(
    z.object({
      leg: z.string(),
      task: z.string(),
      kind: TaskKind,
      name: z.string(),
      target: z.string(),
      mode: Mode,
      state: TaskState,
      since: ShownTime,
      expectedEndAt: ShownTime.nullable(),
    }),
  ),
  quarantines: z.array(
    z.object({
      target: z.string(),
      mutex: z.string(),
      leg: z.string(),
      token: z.string(),
      tentacle: z.string(),
      since: ShownTime,
    }),
  ),
  /** The hold whose scope was asked for. Until it is active, more may start there. */
  hold: HoldView.optional(),
});
export type ClearanceView = z.infer<typeof ClearanceView>;

export const SemaphoreView = z.object({
  name: z.string(),
  /** `null`: none. */
  limit: z.int().nullable(),
  held: z.int(),
  /** Somebody has set the limit; else it is the one that it has by itself. */
  isSet: z.boolean(),
});
export type SemaphoreView = z.infer<typeof SemaphoreView>;

/** A schedule in the words of its request, so that it can be changed and put again. */
export const ScheduleView = z.object({
  ...ScheduleRequest.shape,
  name: z.string(),
  /** When it enqueues next; `null`: never again, or not while it is paused. */
  nextAt: ShownTime.nullable(),
  /** The task that it enqueued last. */
  lastTask: z.string().nullable(),
});
export type ScheduleView = z.infer<typeof ScheduleView>;

/** The message broker that tentacles connect to. */
export const BrokerView = z.object({
  /** It vouches for its users, so that each tentacle needs one; else tentacles need no credentials. */
  vouchesForUsers: z.boolean(),
  /** What all names on it begin with. */
  prefix: z.string(),
});
export type BrokerView = z.infer<typeof BrokerView>;

/** A space in numbers. */
export const SummaryView = z.object({
  space: z.string(),
  /** How many tasks there are in each state. */
  tasks: z.record(TaskState, z.int()),
  parked: z.int(),
  targets: z.int(),
  /** Targets that an open session serves. */
  targetsOnline: z.int(),
  quarantines: z.int(),
  holdsActive: z.int(),
});
export type SummaryView = z.infer<typeof SummaryView>;
