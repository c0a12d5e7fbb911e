import { z } from "zod";
import { TimeMs } from "./words.ts";

/** Longest text of an error, in characters: what does not fit is cut in the middle by the sender. */
export const failureTextMax = 100_000;

export const Failure = z.strictObject({
  type: z.string().min(1).max(200),
  value: z.string().max(2000),
  text: z.string().max(failureTextMax).nullable(),
});
export type Failure = z.infer<typeof Failure>;

export const AttemptOutcome = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("succeeded"), exitCode: z.int().nullable() }),
  z.strictObject({ type: z.literal("failed"), exitCode: z.int().nullable(), message: z.string().max(2000) }),
  z.strictObject({ type: z.literal("canceled") }),
  z.strictObject({ type: z.literal("timed-out") }),
  z.strictObject({ type: z.literal("error"), failure: Failure }),
]);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

export const OutputLine = z.strictObject({
  /** Grows by 1 within an attempt, from 1. */
  number: z.int().min(1),
  stream: z.enum(["stdout", "stderr", "berth"]),
  at: TimeMs,
  text: z.string().max(64 * 1024),
});
export type OutputLine = z.infer<typeof OutputLine>;

/** What a tentacle says of an attempt. */
export const AttemptReport = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("started") }),
  z.strictObject({ type: z.literal("progress"), output: z.array(OutputLine).max(1000) }),
  z.strictObject({ type: z.literal("finished"), outcome: AttemptOutcome }),
  z.strictObject({ type: z.literal("lost"), failure: Failure }),
  // A union of its own, since the outer one takes each type once.
  z.discriminatedUnion("reason", [
    z.strictObject({ type: z.literal("rejected"), reason: z.enum(["draining", "revoked"]) }),
    z.strictObject({
      type: z.literal("rejected"),
      reason: z.enum(["unreadable", "unsupported"]),
      failure: Failure,
    }),
  ]),
]);
export type AttemptReport = z.infer<typeof AttemptReport>;
