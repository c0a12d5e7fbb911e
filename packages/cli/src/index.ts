export type { Dependencies, Output } from "./dependencies.ts";
export { type ExitMeaning, exit } from "./exit-code.ts";
export { buildProgram } from "./program.ts";
export { run } from "./run.ts";
