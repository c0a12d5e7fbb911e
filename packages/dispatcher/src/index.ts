export { Dispatcher, type DispatcherSetup } from "./dispatcher.ts";
export { type DispatcherSettings, defaultDispatcherSettings, type RetentionSettings } from "./settings.ts";
export { realTiming, type Timing } from "./timing.ts";
