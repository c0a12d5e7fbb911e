// The process that runs everything, as those meet it who start and stop it.
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { BerthClient } from "@berth/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { guardsOf } from "../support/processes.ts";
import { StandaloneProcess } from "../support/standalone-process.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";

async function newFolder(): Promise<string> {
  const folder = await createFolder("standalone");
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Started on any free port, and ended with the test. */
function start(environment: Readonly<Record<string, string>>): StandaloneProcess {
  const started = StandaloneProcess.start({ BERTH_PORT: "0", ...environment });
  onTestFinished(async () => void (await started.end("SIGKILL")));
  return started;
}

test("a value in the environment that cannot be used is told, and the process exits with 2", async () => {
  const wrong = start({ BERTH_DATA: await newFolder(), BERTH_CAPACITY: "many" });
  expect(await wrong.ended).toEqual({ code: 2, signal: null });
  expect(wrong.errorText).toBe('Berth cannot start.\nBERTH_CAPACITY is "many": expected a whole number\n');
});

test("a port in use is told with what to do, and the process exits with 2", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  const port = await new Promise<number>((resolve) => {
    other.once("listening", () => resolve((other.address() as { port: number }).port));
  });
  const second = start({ BERTH_DATA: await newFolder(), BERTH_PORT: String(port) });
  expect(await second.ended).toEqual({ code: 2, signal: null });
  expect(second.errorText).toContain(`127.0.0.1:${port} is in use`);
  expect(second.errorText).toContain("BERTH_PORT");
});

test("an address that is not of this machine is told with what to do", async () => {
  const wrong = start({ BERTH_DATA: await newFolder(), BERTH_HOST: "192.0.2.1" });
  expect(await wrong.ended).toEqual({ code: 2, signal: null });
  expect(wrong.errorText).toContain("BERTH_HOST");
});

test("a second process on the same data is refused, and the first one goes on", async () => {
  const folder = await newFolder();
  const first = start({ BERTH_DATA: folder });
  const url = await first.ready();
  const second = start({ BERTH_DATA: folder });
  expect((await second.ended).code).toBe(1);
  expect(second.errorText).toContain("Berth cannot start.");
  expect(second.errorText).toContain("berth.db");
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test("logs are JSON where nobody reads along, and the address is on standard error", async () => {
  const running = start({ BERTH_DATA: await newFolder() });
  const url = await running.ready();
  expect(running.otherLines).toEqual([]);
  expect(running.log.length).toBeGreaterThan(0);
  await eventually("the banner", () => running.errorText.includes(url));
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: "alive" });
});

describe("SIGTERM", () => {
  test("waits for what runs, gives back what waits, and exits with 0; the next start goes on with it", async () => {
    const folder = await newFolder();
    const data = { BERTH_DATA: folder };
    const first = start(data);
    const client = new BerthClient({ url: await first.ready() });
    const go = join(folder, "go");
    const script = { text: `until [ -e '${go}' ]; do sleep 0.05; done` };
    const running = await client.enqueue({ kind: "deploy", target: "local", script });
    const waiting = await client.enqueue({ kind: "deploy", target: "local", script: { text: "true" } });
    const held = await client.holds.place({ owner: "ada", reason: "a move", scope: { kinds: ["runbook"] } });
    await client.targets.put("web-1", { policy: { lanes: { "health-check": 2 } }, tags: ["web"] });
    await eventually("it runs", async () => (await client.task(running.id)).state === "running");

    first.signal("SIGTERM");
    await first.logged("stopping: running tasks may finish; press Ctrl-C again to end them now");
    writeFileSync(go, "");
    expect(await first.ended).toEqual({ code: 0, signal: null });

    const again = new BerthClient({ url: await start(data).ready() });
    expect((await again.task(running.id)).state).toBe("succeeded");
    expect((await again.waitFor(waiting.id)).state).toBe("succeeded");
    expect(await again.holds.list()).toMatchObject([{ id: held.id, owner: "ada", reason: "a move" }]);
    expect(await again.targets.list()).toMatchObject([
      { name: "local" },
      { name: "web-1", policy: { lanes: { "health-check": 2 } }, tags: ["web"] },
    ]);
    expect((await again.oops.page()).items).toEqual([]);
  });

  test("ends what does not end by itself in time, says that it is lost, and leaves nothing behind", async () => {
    const folder = await newFolder();
    const data = { BERTH_DATA: folder };
    const first = start(data);
    const client = new BerthClient({ url: await first.ready() });
    const begun = join(folder, "begun");
    const script = { text: `trap '' TERM; touch '${begun}'; while :; do sleep 0.1; done` };
    const { id } = await client.enqueue({ kind: "deploy", target: "local", script });
    await eventually("it runs", () => existsSync(begun));
    expect(await first.end("SIGTERM")).toEqual({ code: 0, signal: null });
    await eventually("no guard is left", async () => (await guardsOf(join(folder, "tentacle"))).length === 0);

    const again = new BerthClient({ url: await start(data).ready() });
    expect((await again.task(id)).state).toBe("parked");
    expect((await again.oops.page()).items).toMatchObject([{ type: "TentacleStopped", task: id }]);
  }, 60_000);

  test("in the midst of the start ends it with 0, without a complaint", async () => {
    const starting = start({ BERTH_DATA: await newFolder() });
    await starting.logged("owns the space");
    expect(await starting.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(starting.errorText).not.toContain("cannot start");
  });
});
