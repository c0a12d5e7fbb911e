export type { Clock } from "./clock.ts";
export {
  type Handler,
  type HandlerContext,
  HandlerFailed,
  type HandlerFunction,
  type HandlerModule,
  type HandlerResult,
} from "./handler.ts";
export type { TentacleOptions } from "./options.ts";
export { createTentacle, type StopOptions, type Tentacle, type TentacleEnd } from "./tentacle.ts";
export { WorkspaceInUse } from "./workspace-lock.ts";
