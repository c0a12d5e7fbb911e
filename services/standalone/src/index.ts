export { readConfig, type StandaloneConfig } from "./config.ts";
export { Standalone } from "./standalone.ts";
