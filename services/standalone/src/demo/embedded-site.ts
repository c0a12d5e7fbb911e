import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { readConfig } from "../config.ts";
import { Standalone } from "../standalone.ts";
import type { RunningSite } from "./site.ts";

/** All of Berth in this process, on the embedded broker and store. `folder` is its own. */
export function createEmbeddedSite(folder: string): RunningSite {
  const config = readConfig({ BERTH_DATA: folder, BERTH_PORT: "0" });
  // The story provokes failures, and tells of them itself.
  const standalone = new Standalone(config, pino({ level: "fatal" }));
  const tool = join(folder, "tool");
  return {
    tool,
    get url() {
      return standalone.url;
    },
    description: "on the embedded broker and store, with two tentacles and real scripts",
    start: () => standalone.start(),
    addMachine: (target) => standalone.startTentacle({ name: target, version: "1.0", targets: [target] }),
    upgradeTentacle: async () => {
      await writeFile(tool, "", { mode: 0o755 });
      await standalone.startTentacle({ name: config.target, version: "2.0", targets: [config.target] });
    },
    stop: () => standalone.stop(),
  };
}
