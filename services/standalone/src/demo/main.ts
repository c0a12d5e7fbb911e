import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BerthClient } from "@berth/client";
import { createEmbeddedSite } from "./embedded-site.ts";
import { Evidence } from "./evidence.ts";
import { RealSite } from "./real/real-site.ts";
import type { RunningSite } from "./site.ts";
import { Story } from "./story.ts";

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, stack: { type: "string", default: "embedded" } },
});
const tell = (text: string): void => {
  if (!values.json) console.log(text);
};

if (values.stack === "embedded") await play(createEmbeddedSite);
else if (values.stack === "real") await play((folder) => new RealSite(folder, process.env));
else {
  console.error(`--stack is "${values.stack}": expected "embedded" or "real"`);
  process.exitCode = 2;
}

async function play(createSite: (folder: string) => RunningSite): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "berth-demo-"));
  const site = createSite(folder);
  const end = async (): Promise<void> => {
    await site.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  };
  process.once("SIGTERM", () => void end().finally(() => process.exit(143)));
  try {
    await site.start();
    tell(`Berth runs at ${site.url} ${site.description}.\n`);
    const evidence = new Evidence(join(folder, "evidence"));
    const findings = await new Story(new BerthClient({ url: site.url }), evidence, tell, site).play();
    tell("\nWhat was measured, from what the scripts wrote down themselves:");
    if (!values.json) console.table(findings);
    await site.stop();
    if (values.json) console.log(JSON.stringify(findings));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await end();
  }
}
