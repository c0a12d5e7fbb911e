import { z } from "zod";
import { HoldScope } from "./hold.ts";
import { TargetPolicy } from "./target.ts";
import { Payload } from "./task.ts";
import { Mode, PriorityClass, TaskKind, TaskState } from "./words.ts";

/** A time as the API shows it: ISO 8601 in UTC with milliseconds. */
const Time = z.string();

/** A leg as the API shows it. */
export const LegView = z.object({
  id: z.string(),
  target: z.string(),
  mode: Mode,
  state: TaskState,
  attempt: z.int(),
  failures: z.int(),
  token: z.string().nullable(),
  session: z.string().nullable(),
  readyAt: Time.nullable(),
  grantedAt: Time.nullable(),
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  cancel: z.object({ at: Time, by: z.string(), reason: z.string(), deadlineAt: Time }).nullable(),
  /** The leg whose run answers for this one too. */
  joined: z.string().nullable(),
});
export type LegView = z.infer<typeof LegView>;

export const TaskView = z.object({
  id: z.string(),
  space: z.string(),
  kind: TaskKind,
  name: z.string(),
  targets: z.array(z.string()),
  mutex: z.string(),
  state: TaskState,
  priority: PriorityClass,
  queuedAt: Time,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  notBefore: Time.nullable(),
  queueExpiresAt: Time.nullable(),
  timeoutMs: z.int().nullable(),
  estimateMs: z.int().nullable(),
  legs: z.array(LegView),
  /** Only where one task is asked for. */
  payload: Payload.optional(),
});
export type TaskView = z.infer<typeof TaskView>;

/** The answer to an enqueue. */
export const EnqueuedView = z.object({
  id: z.string(),
  /** The same task had been enqueued before, with the same idempotency key. */
  existing: z.boolean(),
  /** The leg whose run answers for this task too: an equal health check was waiting already. */
  joined: z.string().nullable(),
});
export type EnqueuedView = z.infer<typeof EnqueuedView>;

/** One entry per task of a batch, in its order. */
export const BatchView = z.object({
  tasks: z.array(
    z.union([EnqueuedView, z.object({ error: z.object({ code: z.string(), message: z.string() }) })]),
  ),
});
export type BatchView = z.infer<typeof BatchView>;

/** Why a leg does not start: one of possibly several causes. */
export const CauseView = z.object({
  /** `not-yet`, `held`, `offline`, `at-capacity`, `quarantined`, `slot-taken`, `behind`, `lane-full`, `joined` … */
  code: z.string(),
  /** For people. */
  message: z.string(),
  /** Who or what is in the way: legs, holds, with since-when. */
  blockers: z.array(
    z.object({
      type: z.enum(["leg", "hold", "quarantine", "session"]),
      id: z.string(),
      task: z.string().nullable(),
      since: Time.nullable(),
      note: z.string(),
    }),
  ),
  /** When this cause ends at the latest, where that is known. */
  until: Time.nullable(),
});
export type CauseView = z.infer<typeof CauseView>;

export const ExplainView = z.object({
  task: z.string(),
  state: TaskState,
  legs: z.array(
    z.object({
      leg: z.string(),
      target: z.string(),
      mode: Mode,
      state: TaskState,
      /** 1: first in line; `null` where it is not waiting. */
      position: z.int().nullable(),
      causes: z.array(CauseView),
      /** In one sentence. */
      summary: z.string(),
    }),
  ),
});
export type ExplainView = z.infer<typeof ExplainView>;

export const LogLineView = z.object({
  position: z.int(),
  leg: z.string(),
  attempt: z.int(),
  stream: z.enum(["stdout", "stderr", "berth"]),
  at: Time,
  text: z.string(),
});
export type LogLineView = z.infer<typeof LogLineView>;

export const LogView = z.object({
  lines: z.array(LogLineView),
  next: z.int(),
  /** The task has ended and these are its last lines. */
  complete: z.boolean(),
});
export type LogView = z.infer<typeof LogView>;

export const SessionView = z.object({
  id: z.string(),
  tentacle: z.string(),
  version: z.string(),
  openedAt: Time,
  draining: z.boolean(),
});

export const TargetView = z.object({
  name: z.string(),
  policy: TargetPolicy,
  tags: z.array(z.string()),
  /** Open sessions that serve it; none: it is offline. */
  sessions: z.array(SessionView),
  quarantines: z.array(
    z.object({ mutex: z.string(), leg: z.string(), token: z.string(), tentacle: z.string(), since: Time }),
  ),
});
export type TargetView = z.infer<typeof TargetView>;

export const HoldView = z.object({
  id: z.string(),
  scope: HoldScope,
  owner: z.string(),
  reason: z.string(),
  placedAt: Time,
  from: Time,
  until: Time.nullable(),
  active: z.boolean(),
});
export type HoldView = z.infer<typeof HoldView>;

export const OopsView = z.object({
  id: z.string(),
  type: z.string(),
  value: z.string(),
  text: z.string().nullable(),
  at: Time,
  task: z.string().nullable(),
  leg: z.string().nullable(),
  attempt: z.int().nullable(),
  kind: TaskKind.nullable(),
  name: z.string().nullable(),
  target: z.string().nullable(),
  session: z.string().nullable(),
  tentacle: z.string().nullable(),
  version: z.string().nullable(),
  grantedAt: Time.nullable(),
  startedAt: Time.nullable(),
  consequence: z.string().nullable(),
});
export type OopsView = z.infer<typeof OopsView>;

/** A parked task, and why it is parked. */
export const DeadLetterView = TaskView.extend({
  /** Its latest OOPS, where there is one. */
  oops: OopsView.nullable(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

/** What became of each dead letter that was to be released or discarded. */
export const DeadLetterOutcomeView = z.object({
  tasks: z.array(
    z.object({
      task: z.string(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
export type DeadLetterOutcomeView = z.infer<typeof DeadLetterOutcomeView>;

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

/** A page of a list. */
export interface PageView<Item> {
  items: Item[];
  /** Give it as `cursor` to get the next page; `null`: there is none. */
  next: string | null;
}

/** What `GET /v1/{space}/tasks/{task}/events` streams, as server-sent events named `task`. */
export const TaskEvent = z.object({ task: z.string(), state: TaskState, log: z.boolean() });
export type TaskEvent = z.infer<typeof TaskEvent>;
