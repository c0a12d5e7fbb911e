import { z } from "zod";
import { compiled } from "./compiled.ts";
import {
  OnChildFailure,
  Plan,
  RolloutRequest,
  SemaphoreNames,
  SlotScope,
  SupersedesKey,
  stepsMax,
  targetsMax,
} from "./plan.ts";
import { DurationMs, Id, Name, PriorityClass, ShortText, TaskKind } from "./words.ts";

/** Largest body of one request, in bytes. A script that needs more belongs into an artifact that it fetches. */
export const bodyBytesMax: number = 1024 * 1024;

/** The most tasks that one batch may enqueue. */
export const batchTasksMax = 1000;

const interpreter = z.string().regex(/^[A-Za-z0-9_./+-]{1,200}$/, "the name or path of a program");
const scriptArguments = z.array(z.string().max(10_000)).max(100);

export const Script = z.strictObject({
  /** The program that runs it, e.g. `bash`, `sh`, `pwsh`, `python3`. It is looked up on the PATH of the tentacle. */
  interpreter,
  text: z.string().min(1, "a script must not be empty"),
  arguments: scriptArguments,
});
/** A script as people write it. */
const ScriptRequest = Script.extend({
  interpreter: interpreter.default("bash"),
  arguments: scriptArguments.default([]),
});
export type Script = z.infer<typeof Script>;

/** JSON can be read deeper than it can be written again: without a limit, one message could not be passed on for ever. */
const inputDepthMax = 100;
const input = z
  .unknown()
  .refine((value) => isNoDeeper(value, inputDepthMax), `nested no deeper than ${inputDepthMax} levels`);

function isNoDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isNoDeeper(inner, levels - 1));
}

export const Handler = z.strictObject({
  /** The name under which the tentacle has registered it. */
  name: Name,
  /**
   * Any JSON value; the handler gets it as it is. Whatever comes out of a message or a body was JSON, so only its depth
   * is looked at.
   */
  input,
});
const HandlerRequest = Handler.extend({ input: input.default(null) });
export type Handler = z.infer<typeof Handler>;

const variableName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_.\-[\]:]{0,199}$/,
    "a letter or an underscore, then letters, digits or _ . - : [ ]",
  );

/** Given to the script as environment variables; a few of them also decide the mode. */
export const Variables = z.record(variableName, z.string().max(100_000));
export type Variables = z.infer<typeof Variables>;

/** What runs on the target. Neither script nor handler: the tentacle only proves that it is there. */
export const Payload = z.strictObject({
  script: Script.nullable(),
  handler: Handler.nullable(),
  /** What each step of the task runs, in their order. Empty: the task has none, and runs the above. */
  steps: z.array(z.strictObject({ script: Script.nullable(), handler: Handler.nullable() })).max(stepsMax),
  variables: Variables,
  labels: z.record(z.string().min(1).max(100), z.string().max(1000)),
  requestedBy: z.string().max(200).nullable(),
});
export type Payload = z.infer<typeof Payload>;

/** One part of a task as people write it: it is granted and attempted on its own. */
export const StepRequest = z.strictObject({
  name: Name,
  script: ScriptRequest.optional(),
  handler: HandlerRequest.optional(),
  /** It starts when all children of the task have ended. Until then the task holds nothing. */
  awaitsChildren: z.boolean().default(false),
  /** What becomes of the task where a child did not succeed. Left out: `fail`. */
  onChildFailure: OnChildFailure.optional(),
});
export type StepRequest = z.infer<typeof StepRequest>;

/** What can be asked of a task wherever one is described. */
const wishes = {
  kind: TaskKind,
  /** What the task is, e.g. `shop`. Tasks of one kind and name are taken for repetitions of the same work. */
  name: z.string().min(1).max(200).optional(),
  target: Name.optional(),
  targets: z.array(Name).min(1).max(targetsMax).optional(),
  script: ScriptRequest.optional(),
  handler: HandlerRequest.optional(),
  /** Instead of `script` or `handler`: parts that run one after the other. */
  steps: z.array(StepRequest).min(1).max(stepsMax).optional(),
  /** `task` (the default): the slot is held from the first step to the last; `step`: for each step anew. */
  slotScope: SlotScope.optional(),
  variables: Variables.default({}),
  /** The named mutex of the target that the task competes for. */
  mutex: Name.default("script"),
  priority: PriorityClass.exclude(["top"]).default("normal"),
  /** How it goes over several targets. Left out: each on its own. */
  rollout: RolloutRequest.optional(),
  /** It runs only while it has a permit of each of these. */
  semaphores: SemaphoreNames.optional(),
  /** It cancels older tasks of the same key that never started, and takes the place of the first of them. */
  supersedes: SupersedesKey.optional(),
  /** Its legs become ready spread out over this long, so that they do not all start at once. */
  spreadMs: DurationMs.optional(),
  /** Waiting longer than this ends it as `timed-out`. */
  queueExpiryMs: DurationMs.optional(),
  /** An attempt that runs longer than this is ended, and the task fails. */
  timeoutMs: DurationMs.optional(),
  /** How long it will take, as far as the sender knows. */
  estimateMs: DurationMs.optional(),
  /** How long a cancelled script has to end by itself before it is killed. */
  cancelGraceMs: DurationMs.optional(),
  labels: z.record(z.string().min(1).max(100), z.string().max(1000)).default({}),
  requestedBy: z.string().max(200).optional(),
};

/** A task as a schedule asks for it, each time anew. */
export const ScheduledTaskRequest = z.strictObject(wishes);
export type ScheduledTaskRequest = z.infer<typeof ScheduledTaskRequest>;
export type ScheduledTaskRequestInput = z.input<typeof ScheduledTaskRequest>;

/** A task as people ask for it: the body of `POST /v1/{space}/tasks`. */
export const TaskRequest = compiled(
  z.strictObject({
    ...wishes,
    /** The task whose child it is, which has not ended. */
    parent: Id.optional(),
    /** It does not start before this time (ISO 8601 with offset). */
    notBefore: z.iso.datetime({ offset: true }).optional(),
    /** The same key with the same body again gives the same task; with another body it is an error. */
    idempotencyKey: z.string().min(1).max(200).optional(),
  }),
);
export type TaskRequest = z.infer<typeof TaskRequest>;
export type TaskRequestInput = z.input<typeof TaskRequest>;

export const BatchRequest = z.strictObject({ tasks: z.array(z.unknown()).min(1).max(batchTasksMax) });

/** A task with all that its requester left to the defaults. */
const work = {
  kind: TaskKind,
  name: z.string().min(1).max(200),
  targets: z.array(Name).min(1).max(targetsMax),
  mutex: Name,
  priority: PriorityClass,
  digest: z.string().max(100),
  timeoutMs: DurationMs.nullable(),
  estimateMs: DurationMs.nullable(),
  cancelGraceMs: DurationMs.nullable(),
  /** `null`: it asks for nothing but what is ordinary. */
  plan: Plan.nullable(),
  payload: Payload,
};

/** A task on its way into the inbox: complete, with its id and absolute times. */
export const Submission = z.strictObject({
  id: Id,
  ...work,
  notBefore: z.int().nullable(),
  queueExpiresAt: z.int().nullable(),
});
export type Submission = z.infer<typeof Submission>;

/** What a schedule enqueues: a task without what is new each time. */
export const ScheduledTask = z.strictObject({ ...work, queueExpiryMs: DurationMs.nullable() });
export type ScheduledTask = z.infer<typeof ScheduledTask>;

export const CancelRequest = z.strictObject({
  by: z.string().max(200).optional(),
  reason: ShortText.default(""),
});
export const PrioritizeRequest = z.strictObject({ priority: PriorityClass });
export const ReleaseRequest = z.strictObject({ by: z.string().max(200).optional() });
export const DiscardRequest = z.strictObject({
  by: z.string().max(200).optional(),
  reason: ShortText.default(""),
});

/** The body of `POST /v1/{space}/tasks/{task}/decide`: how a parked task ended, as a person has found out. */
export const DecideRequest = z.strictObject({
  result: z.enum(["succeeded", "failed"]),
  by: z.string().max(200).optional(),
  reason: z.string().min(1, "a decision needs a reason: what does it rest on?").max(2000),
});
export type DecideRequest = z.infer<typeof DecideRequest>;

/** The body of `POST /v1/{space}/dead-letters/release`: some tasks, or all that match. */
export const DeadLetterReleaseRequest = z.strictObject({
  /** An empty list means none. */
  tasks: z.array(Id).max(batchTasksMax).optional(),
  all: z.literal(true).optional(),
  /** With `all` only: of this name. */
  name: z.string().min(1).max(200).optional(),
  /** With `all` only: on this target. */
  target: Name.optional(),
  by: z.string().max(200).optional(),
});
export type DeadLetterReleaseRequest = z.infer<typeof DeadLetterReleaseRequest>;

/** The body of `POST /v1/{space}/dead-letters/discard`. */
export const DeadLetterDiscardRequest = DeadLetterReleaseRequest.extend({ reason: ShortText.default("") });
export type DeadLetterDiscardRequest = z.infer<typeof DeadLetterDiscardRequest>;
