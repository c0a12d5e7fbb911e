import { z } from "zod";
import { compiled } from "./compiled.ts";
import { HoldScope } from "./hold.ts";
import { AttemptOutcome, AttemptReport } from "./report.ts";
import { ScheduleSpec } from "./schedule.ts";
import { SemaphoreLimit } from "./semaphore.ts";
import { TargetPolicy, TargetUsers } from "./target.ts";
import { Submission } from "./task.ts";
import { DurationMs, Id, Name, PriorityClass, ShortText, TimeMs } from "./words.ts";

const by = z.string().max(200);

/** The most items that one message may bring. */
export const inboxItemsMax = 2000;

/** The most attempts that a session may say it knows when it opens. */
export const knownAttemptsMax = 10_000;

const item = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), id: Id, ...shape });

/** One command to the owner of a space. `id` is unique, and names the answer. */
export const InboxItem = compiled(
  z.discriminatedUnion("type", [
    item("submit", { task: Submission }),
    item("cancel", { task: Id, by, reason: ShortText }),
    item("prioritize", { task: Id, priority: PriorityClass }),
    item("release", { task: Id, by }),
    item("discard", { task: Id, by, reason: ShortText }),
    item("decide", {
      task: Id,
      result: z.enum(["succeeded", "failed"]),
      by,
      reason: z.string().min(1).max(2000),
    }),
    /** `limit`: `null` takes back what was set. */
    item("semaphore.put", { semaphore: Name, limit: SemaphoreLimit.nullable() }),
    item("schedule.put", { schedule: Name, spec: ScheduleSpec }),
    item("schedule.remove", { schedule: Name }),
    item("target.put", {
      target: Name,
      policy: TargetPolicy,
      tags: z.array(Name).max(100),
      users: TargetUsers.optional(),
    }),
    item("target.remove", { target: Name }),
    item("hold.place", {
      hold: Id,
      scope: HoldScope,
      owner: z.string().min(1).max(200),
      reason: z.string().min(1).max(2000),
      from: TimeMs.nullable(),
      until: TimeMs.nullable(),
      /** It stops only what takes longer than this; `null`: everything. */
      longerThanMs: DurationMs.nullable(),
    }),
    item("hold.lift", { hold: Id, by }),
    item("quarantine.release", { target: Name, mutex: Name, by }),
    item("session.open", {
      session: Id,
      tentacle: Name,
      version: z.string().min(1).max(100),
      targets: z.array(Name).min(1).max(100_000),
      capacity: z.int().min(1).max(1_000_000),
      succeeds: z.array(Id).max(100),
      /** Attempts of its predecessors that still run under it (`outcome: null`), or whose result it found. */
      knows: z
        .array(z.strictObject({ leg: Id, token: Id, outcome: AttemptOutcome.nullable() }))
        .max(knownAttemptsMax),
    }),
    item("session.beat", { session: Id }),
    item("session.drain", { session: Id }),
    item("session.close", { session: Id }),
    item("claim", { session: Id, leg: Id, token: Id }),
    item("report", {
      session: Id,
      task: Id,
      leg: Id,
      attempt: z.int().min(1),
      token: Id,
      report: AttemptReport,
    }),
    /**
     * The answer to an order about a delivery that has not come to the session: it has not started it, and never will.
     * Counts as a report that it was given back.
     */
    item("decline", { session: Id, leg: Id, token: Id }),
    /**
     * From a former owner: the task had ended, or may have run and must not run again blindly, and the store has lost
     * that. `record` is JSON text of what it had committed of the task, which is stored where the space knows nothing
     * of the task; `null`: it knew too little of it.
     */
    item("task.ended", { task: Id, reason: ShortText, record: z.string().nullable() }),
    /**
     * From the owner of the space to itself: when it comes out of the inbox, everything has been read that was sent before
     * `at`, by that owner's clock.
     */
    item("mark", { owner: z.string().min(1).max(255), at: TimeMs }),
    /** Asks why the task does not start; answered by the very rules that grant slots. */
    item("explain", { task: Id }),
    /** Asks who runs in a scope, and until when. */
    item("clearance", { scope: HoldScope }),
    /** Asks how full the semaphores are. */
    item("semaphores", {}),
    /** Asks to be told whenever the task or its log changes, until `until`. */
    item("watch", { task: Id, until: TimeMs }),
  ]),
);
export type InboxItem = z.infer<typeof InboxItem>;
export type InboxItemOf<Type extends InboxItem["type"]> = Extract<InboxItem, { type: Type }>;

/** A dispatcher that has had the space. */
export const FormerOwner = z.strictObject({ owner: z.string().min(1).max(255), epoch: z.int().min(0) });
export type FormerOwner = z.infer<typeof FormerOwner>;

/**
 * A message in the inbox of a space. Its items are applied in their order. Items are checked one by one, so that one
 * that is refused does not take the others with it.
 */
export const InboxMessage = z.strictObject({
  v: z.literal(1),
  /** The queue that gets the answers; `null`: nobody wants them. */
  replyTo: z.string().max(255).nullable(),
  items: z.array(z.unknown()).min(1).max(inboxItemsMax),
  /**
   * Its items were carried out before by this owner, which has lost the space while the store went backwards: it puts
   * them into the inbox again for whoever has taken over from the older state.
   */
  repeatedBy: FormerOwner.optional(),
});
export type InboxMessage = {
  v: 1;
  replyTo: string | null;
  items: InboxItem[];
  repeatedBy?: FormerOwner | undefined;
};
