import type { TentacleOptions } from "@berth/tentacle";
import { prefix, space } from "./scripted-dispatcher.ts";

export function tentacleDefaults(workspace: string): Omit<TentacleOptions, "broker" | "logger"> {
  return {
    topologyPrefix: prefix,
    space,
    name: "octavia",
    version: "1.0.0",
    targets: ["web-1"],
    capacity: 10,
    workspace,
  };
}
