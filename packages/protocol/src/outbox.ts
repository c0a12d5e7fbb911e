import { z } from "zod";
import { compiled } from "./compiled.ts";
import { ErrorCode } from "./errors.ts";
import { Clearance, Explanation, SemaphoreFigures } from "./explanation.ts";
import { Payload } from "./task.ts";
import { Id, Mode, Name, TaskKind, TaskState, TimeMs } from "./words.ts";

/** The answer to one inbox item, sent after what it rests on is durable. */
export const ReplyBody = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("refused"), code: ErrorCode, message: z.string() }),
  z.strictObject({ type: z.literal("submitted"), task: Id, existing: z.boolean(), joined: Id.nullable() }),
  z.strictObject({ type: z.literal("done") }),
  z.strictObject({ type: z.literal("cancelled"), ended: z.boolean(), deadlineAt: TimeMs.nullable() }),
  z.strictObject({
    type: z.literal("session"),
    leaseMs: z.int().min(1),
    /** Named, and not served: they are not there yet, or are another user's. */
    targetsUnknown: z.array(z.string()).readonly(),
    /** Legs of `knows` that it goes on with: same token, nothing is started. */
    adopted: z.array(Id).readonly(),
    /** Legs of `knows` whose attempts are over: whatever of them still runs must be ended. */
    dropped: z.array(Id).readonly(),
  }),
  z.strictObject({ type: z.literal("beat"), leaseUntil: TimeMs }),
  z.strictObject({ type: z.literal("explanation"), explanation: Explanation }),
  z.strictObject({ type: z.literal("clearance"), clearance: Clearance }),
  z.strictObject({ type: z.literal("semaphores"), semaphores: z.array(SemaphoreFigures).readonly() }),
  z.strictObject({ type: z.literal("claim"), answer: z.enum(["run", "drop"]) }),
]);
export type ReplyBody = z.infer<typeof ReplyBody>;
export type ReplyBodyOf<Type extends ReplyBody["type"]> = Extract<ReplyBody, { type: Type }>;

/** What a session is told without having asked. */
export const SessionOrder = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("cancel"),
    leg: Id,
    token: Id,
    graceMs: z.int().min(0),
    reason: z.string(),
  }),
  z.strictObject({ type: z.literal("revoke"), leg: Id, token: Id }),
  z.strictObject({ type: z.literal("session.ended"), session: Id, reason: z.string() }),
]);
export type SessionOrder = z.infer<typeof SessionOrder>;

/** A watched task changed, or its log grew. */
export const TaskNotice = z.strictObject({ task: Id, state: TaskState.nullable(), log: z.boolean() });
export type TaskNotice = z.infer<typeof TaskNotice>;

/** A message from the owner of a space to whoever named this queue in `replyTo`, or to a session. */
export const OutboxMessage = compiled(
  z.strictObject({
    v: z.literal(1),
    replies: z.array(z.strictObject({ id: Id, body: ReplyBody })),
    orders: z.array(SessionOrder),
    notices: z.array(TaskNotice),
  }),
);
export type OutboxMessage = z.infer<typeof OutboxMessage>;

/** A granted leg on its way to a tentacle, in the queue of its target or with others in that of its session. */
export const Delivery = compiled(
  z.strictObject({
    v: z.literal(1),
    space: Name,
    target: Name,
    task: Id,
    leg: Id,
    kind: TaskKind,
    name: z.string(),
    mode: Mode,
    attempt: z.int().min(1),
    /** Only ever grows per slot, also in the order of strings: a fence for whatever the task writes to. */
    token: Id,
    /** Which of the payload's steps to run, from 0; `null`: the task has none. */
    step: z.int().min(0).nullable(),
    /** The session that may start it at once; any other, and all where it is `null`, must claim it first. */
    session: Id.nullable(),
    timeoutMs: z.int().min(1).nullable(),
    payload: Payload,
  }),
);
export type Delivery = z.infer<typeof Delivery>;

/**
 * Deliveries that one batch has for one session, in the queue of that session; as bytes they are rows (`groupedDeliveries` reads
 * both). Each is read by itself, so that one that cannot be read takes none of the others with it.
 */
export interface DeliveryGroup {
  readonly v: 1;
  readonly deliveries: readonly Delivery[];
}
