export type * from "./command.ts";
export type * from "./decision.ts";
export { CommandDefect, Engine, type EngineStart, noRecords } from "./engine.ts";
export type * from "./explanation.ts";
export { type ModeDecision, modeOf, type TargetPolicy } from "./policy.ts";
export type * from "./record.ts";
export { defaultSettings, type EngineSettings } from "./settings.ts";
export * from "./words.ts";
