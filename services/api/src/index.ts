export { buildApp } from "./app.ts";
export type { ApiSetup } from "./setup.ts";
