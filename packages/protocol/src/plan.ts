import { z } from "zod";
import { DurationMs, Id, Name } from "./words.ts";

/** The most targets of one task. */
export const targetsMax = 10_000;

/** How many there may be: as many as there are targets at most. */
const windowSize = z.int().min(1).max(targetsMax);
const failures = z.int().min(0).max(targetsMax);

/** How a task goes over several targets. */
export const Rollout = z.discriminatedUnion("type", [
  z.strictObject({
    /** Each leg on its own. */
    type: z.literal("rolling"),
    /** How many legs may be unfinished at once; `null`: any number. */
    window: windowSize.nullable(),
    /** How many legs may fail before those that never started are canceled; `null`: any number. */
    failuresMax: failures.nullable(),
  }),
  /** All legs start at one instant, or none does. */
  z.strictObject({ type: z.literal("together") }),
]);
export type Rollout = z.infer<typeof Rollout>;

/** A rollout as people write it. */
export const RolloutRequest = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("rolling"),
    window: windowSize.optional(),
    /** Left out: 0 with a window, any number without one. */
    failuresMax: failures.optional(),
  }),
  z.strictObject({ type: z.literal("together") }),
]);
export type RolloutRequest = z.infer<typeof RolloutRequest>;

/** Names of semaphores that a task takes a permit of, one each. */
export const SemaphoreNames = z
  .array(Name)
  .max(20)
  .refine((names) => new Set(names).size === names.length, "each name once");

export const OnChildFailure = z.enum(["fail", "continue"]);
/** `task`: the slot is held from the first step to the last; `step`: for each step anew. */
export const SlotScope = z.enum(["task", "step"]);

/** What a new task supersedes: any text, which older tasks gave as well. */
export const SupersedesKey = z.string().min(1).max(200);

/** The most steps of one task. */
export const stepsMax = 100;

/** What a task asks for besides the ordinary. */
export const Plan = z.strictObject({
  rollout: Rollout,
  semaphores: SemaphoreNames,
  /** The task whose child it is. */
  parent: Id.nullable(),
  /** Older tasks of the same key that never started are canceled, and it takes the place of the first of them. */
  supersedes: SupersedesKey.nullable(),
  slotScope: SlotScope,
  /** Empty: the task is one step. What each of them runs is in the payload. */
  steps: z
    .array(
      z.strictObject({
        name: Name,
        /** It starts when all children of the task have ended. */
        awaitsChildren: z.boolean(),
        onChildFailure: OnChildFailure,
      }),
    )
    .max(stepsMax),
  /** Its legs become ready spread out over this long. */
  spreadMs: DurationMs.nullable(),
});
export type Plan = z.infer<typeof Plan>;
