import { z } from "zod";
import { Id, Mode, TaskKind, TaskState, TimeMs } from "./words.ts";

export const BlockerType = z.enum(["leg", "hold", "quarantine", "session", "semaphore", "task"]);

/** Why a leg does not start: one of possibly several causes. */
export const Cause = z.strictObject({
  code: z.string(),
  /** For people. */
  message: z.string(),
  blockers: z
    .array(
      z.strictObject({
        type: BlockerType,
        id: z.string(),
        task: z.string().nullable(),
        since: TimeMs.nullable(),
        note: z.string(),
      }),
    )
    .readonly(),
  /** When this cause ends at the latest, where that is known. */
  until: TimeMs.nullable(),
});
export type Cause = z.infer<typeof Cause>;

export const Explanation = z.strictObject({
  task: Id,
  state: TaskState,
  legs: z
    .array(
      z.strictObject({
        leg: Id,
        target: z.string(),
        mode: Mode,
        state: TaskState,
        /** 1: first in line; `null` where it is not waiting. */
        position: z.int().nullable(),
        /** When it starts if everything takes as long as it usually does; `null`: nobody can know. */
        estimatedStartAt: TimeMs.nullable(),
        causes: z.array(Cause).readonly(),
        summary: z.string(),
      }),
    )
    .readonly(),
});
export type Explanation = z.infer<typeof Explanation>;

/** Whether anything runs in a scope, and until when. */
export const Clearance = z.strictObject({
  /** Nothing runs there, and nothing that was given up may still run there. */
  isClear: z.boolean(),
  /** When it will be, as far as is known; `null`: unknown. */
  clearAt: TimeMs.nullable(),
  running: z
    .array(
      z.strictObject({
        leg: Id,
        task: Id,
        kind: TaskKind,
        name: z.string(),
        target: z.string(),
        mode: Mode,
        state: TaskState,
        since: TimeMs,
        expectedEndAt: TimeMs.nullable(),
      }),
    )
    .readonly(),
  quarantines: z
    .array(
      z.strictObject({
        target: z.string(),
        mutex: z.string(),
        leg: Id,
        token: Id,
        session: Id,
        tentacle: z.string(),
        since: TimeMs,
      }),
    )
    .readonly(),
});
export type Clearance = z.infer<typeof Clearance>;

/** How full a semaphore is. */
export const SemaphoreFigures = z.strictObject({
  id: z.string(),
  /** `null`: none. */
  limit: z.int().min(0).nullable(),
  held: z.int().min(0),
  /** Somebody has set the limit; else it is the one that it has by itself. */
  isSet: z.boolean(),
});
export type SemaphoreFigures = z.infer<typeof SemaphoreFigures>;
