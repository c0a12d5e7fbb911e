export {
  BerthClient,
  type BerthClientOptions,
  type WaitOptions,
} from "./client.ts";
export type { DeadLetterFilter, DeadLetterSelection, DeadLetters } from "./dead-letters.ts";
export { type BerthErrorCode, BerthRequestError, type ClientErrorCode, type WrongField } from "./error.ts";
export type { FollowOptions, TaskNews } from "./follow.ts";
export { type ClearanceSubject, isSafe } from "./follow-clearance.ts";
export type { HoldOrder, Holds } from "./holds.ts";
export type { OopsFilter, OopsRecords } from "./oops.ts";
export { followRule, type RetryRule, type Wait } from "./retry.ts";
export type { Schedules } from "./schedules.ts";
export type { Semaphores } from "./semaphores.ts";
export type { CallOptions } from "./space-calls.ts";
export { isEndState } from "./states.ts";
export type { Targets } from "./targets.ts";
export type { TaskFilter } from "./task-filter.ts";
export type { Fetch } from "./transport.ts";
