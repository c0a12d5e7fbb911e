export { Dispatcher, type DispatcherSetup, type Standing } from "./dispatcher.ts";
export { Dispatchers, type DispatchersSetup } from "./dispatchers.ts";
export { type DispatcherSettings, defaultDispatcherSettings, type RetentionSettings } from "./settings.ts";
export { realTiming, type Timing } from "./timing.ts";
