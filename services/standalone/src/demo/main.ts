import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BerthClient } from "@berth/client";
import { pino } from "pino";
import { readConfig } from "../config.ts";
import { Standalone } from "../standalone.ts";
import { Evidence } from "./evidence.ts";
import { type Site, Story } from "./story.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const tell = (text: string): void => {
  if (!values.json) console.log(text);
};

const folder = await mkdtemp(join(tmpdir(), "berth-demo-"));
const config = readConfig({ BERTH_DATA: folder, BERTH_PORT: "0" });
// The story provokes failures, and tells of them itself.
const standalone = new Standalone(config, pino({ level: "fatal" }));
try {
  await standalone.start();
  tell(
    `Berth runs at ${standalone.url} on the embedded broker and store, with two tentacles and real scripts.\n`,
  );
  const evidence = new Evidence(join(folder, "evidence"));
  const tool = join(folder, "tool");
  const site: Site = {
    tool,
    addMachine: (target) => standalone.startTentacle({ name: target, version: "1.0", targets: [target] }),
    upgradeTentacle: async () => {
      await writeFile(tool, "", { mode: 0o755 });
      await standalone.startTentacle({ name: config.target, version: "2.0", targets: [config.target] });
    },
  };
  const findings = await new Story(new BerthClient({ url: standalone.url }), evidence, tell, site).play();
  tell("\nWhat was measured, from what the scripts wrote down themselves:");
  if (!values.json) console.table(findings);
  await standalone.stop();
  if (values.json) console.log(JSON.stringify(findings));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
  await standalone.stop();
} finally {
  await rm(folder, { recursive: true, force: true });
}
