import { z } from "zod";
import { BlockerType } from "./explanation.ts";
import { Plan } from "./plan.ts";
import { Payload } from "./task.ts";
import { Mode, PriorityClass, ShownTime, TaskKind, TaskState } from "./words.ts";

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
  readyAt: ShownTime.nullable(),
  grantedAt: ShownTime.nullable(),
  startedAt: ShownTime.nullable(),
  endedAt: ShownTime.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  cancel: z.object({ at: ShownTime, by: z.string(), reason: z.string(), deadlineAt: ShownTime }).nullable(),
  /** The leg whose run answers for this one too. */
  joined: z.string().nullable(),
  /** The step that is next or under way, from 0; `null`: the task has none. */
  step: z.int().nullable(),
  /** Why it was parked the last time; `null`: it was not. */
  parking: z
    .object({
      /** `failures`: a new version of the tentacle may do better; `decision`: only a person can tell how it ended. */
      for: z.enum(["failures", "decision"]),
      /** Of the last failure: what makes two of them the same problem. */
      fingerprint: z.string(),
      /** Versions of tentacles with which it was parked for its failures. */
      versions: z.array(z.string()),
    })
    .nullable(),
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
  queuedAt: ShownTime,
  startedAt: ShownTime.nullable(),
  endedAt: ShownTime.nullable(),
  notBefore: ShownTime.nullable(),
  queueExpiresAt: ShownTime.nullable(),
  timeoutMs: z.int().nullable(),
  estimateMs: z.int().nullable(),
  /** `null`: it asks for nothing but what is ordinary. */
  plan: Plan.nullable(),
  /** The schedule that enqueued it. */
  schedule: z.string().nullable(),
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
  /** `not-yet`, `held`, `offline`, `quarantined`, `slot-taken`, `behind`, `semaphore-full`, `children` … */
  code: z.string(),
  /** For people. */
  message: z.string(),
  /** Who or what is in the way: legs, holds, with since-when. */
  blockers: z.array(
    z.object({
      type: BlockerType,
      id: z.string(),
      task: z.string().nullable(),
      since: ShownTime.nullable(),
      note: z.string(),
    }),
  ),
  /** When this cause ends at the latest, where that is known. */
  until: ShownTime.nullable(),
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
      /** When it starts if everything takes as long as it usually does; `null`: nobody can know. */
      estimatedStartAt: ShownTime.nullable(),
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
  at: ShownTime,
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

export const OopsView = z.object({
  id: z.string(),
  type: z.string(),
  value: z.string(),
  text: z.string().nullable(),
  at: ShownTime,
  task: z.string().nullable(),
  leg: z.string().nullable(),
  attempt: z.int().nullable(),
  kind: TaskKind.nullable(),
  name: z.string().nullable(),
  target: z.string().nullable(),
  session: z.string().nullable(),
  tentacle: z.string().nullable(),
  version: z.string().nullable(),
  grantedAt: ShownTime.nullable(),
  startedAt: ShownTime.nullable(),
  consequence: z.string().nullable(),
  /** What makes two OOPS the same problem; `null` where no attempt made it. */
  fingerprint: z.string().nullable(),
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

/** A page of a list. */
export interface PageView<Item> {
  items: Item[];
  /** Give it as `cursor` to get the next page; `null`: there is none. */
  next: string | null;
}

/** What `GET /v1/{space}/tasks/{task}/events` streams, as server-sent events named `task`. */
export const TaskEvent = z.object({ task: z.string(), state: TaskState, log: z.boolean() });
export type TaskEvent = z.infer<typeof TaskEvent>;
