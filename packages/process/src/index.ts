export { allowedHosts } from "./allowed-hosts.ts";
export { ConfigError, readEnvironment, type ValuesOf, type Variable, type Variables } from "./environment.ts";
export type { ListenAddress } from "./failure.ts";
export { addressOf, HealthServer, type HealthServerSetup } from "./health-server.ts";
export { type Need, whatIsMissing } from "./readiness.ts";
export { type ProcessPlan, runService, type Service } from "./run-service.ts";
export { brokerUserOf, brokerVariables, storeVariables, withHeartbeat } from "./servers.ts";
export { type Server, untilStarted } from "./until-started.ts";
export * from "./variables.ts";
