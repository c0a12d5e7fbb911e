export type * from "./command.ts";
export type * from "./decision.ts";
export type * from "./explanation.ts";
export type * from "./policy.ts";
export type * from "./record.ts";
export type * from "./words.ts";
export { isEndState, priorityClasses, taskKinds } from "./words.ts";
