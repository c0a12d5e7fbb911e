// The SDK and the command against the real API, dispatcher and tentacle, all in this process.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthClient } from "@berth/client";
import type { TaskState } from "@berth/protocol";
import { readConfig, Standalone } from "@berth/standalone";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { berth, jsonOf } from "../cli/berth.ts";
import { collect } from "../support/collect.ts";

let folder: string;
let standalone: Standalone;
let client: BerthClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-e2e-"));
  const config = readConfig({ BERTH_DATA: folder, BERTH_PORT: "0", BERTH_TARGET: "web-1" });
  standalone = new Standalone(config, pino({ level: "silent" }));
  await standalone.start();
  client = new BerthClient({ url: standalone.url });
});

afterAll(async () => {
  await standalone.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A script that runs until the file of this name is there. */
const untilFile = (name: string): string => `until [ -e ${join(folder, name)} ]; do sleep 0.05; done`;
const touch = (name: string): string => `touch ${join(folder, name)}`;

describe("the SDK", () => {
  test("enqueues, follows the log and waits for the end", async () => {
    const text = "echo one; echo two >&2; echo three";
    const { id } = await client.enqueue({ kind: "job", target: "web-1", script: { text } });
    const states: TaskState[] = [];
    const [lines, task] = await Promise.all([
      collect(client.followLog(id)),
      client.waitFor(id, { onChange: (state) => states.push(state) }),
    ]);
    expect(lines.filter(({ stream }) => stream === "stdout").map((line) => line.text)).toEqual([
      "one",
      "three",
    ]);
    expect(lines.filter(({ stream }) => stream === "stderr").map((line) => line.text)).toEqual(["two"]);
    expect(task).toMatchObject({ state: "succeeded", payload: { script: { text } } });
    expect(states.at(-1)).toBe("succeeded");
  });

  test("enqueues once for each key, however often it is called, and never two tasks under one", async () => {
    const request = {
      kind: "job",
      target: "web-1",
      script: { text: "true" },
      idempotencyKey: "once",
    } as const;
    const first = await client.enqueue(request);
    expect(await client.enqueue(request)).toEqual({ ...first, existing: true });
    await expect(client.enqueue({ ...request, priority: "high" })).rejects.toMatchObject({
      code: "idempotency_conflict",
      status: 409,
    });
  });

  test("enqueues many, and says of each what became of it", async () => {
    const job = { kind: "job", target: "web-1", script: { text: "true" } } as const;
    const entries = await client.enqueueMany([job, { ...job, target: "nowhere" }]);
    expect(entries).toEqual([
      { id: expect.any(String), existing: false, joined: null },
      { error: { code: "target_unknown", message: expect.stringContaining("nowhere") } },
    ]);
  });

  test("tells why a task waits, and that it waits for another one as that changes", async () => {
    // A slot of its own: jobs of other tests may still hold the usual one.
    const deploy = (text: string) =>
      client.enqueue({ kind: "deploy", name: "shop", target: "web-1", mutex: "shop", script: { text } });
    const first = await deploy(untilFile("go-1"));
    const second = await deploy(untilFile("go-2"));
    const third = await deploy("true");
    const seen: (string | null | undefined)[] = [];
    for await (const news of client.follow(third.id, { explanations: true })) {
      if (news.type !== "explanation") continue;
      const [leg] = news.explanation.legs;
      const holder = leg?.causes.find(({ code }) => code === "slot-taken")?.blockers[0]?.task;
      if (holder === undefined || holder === seen.at(-1)) continue;
      seen.push(holder);
      const go = holder === first.id ? "go-1" : "go-2";
      await client.enqueue({ kind: "health-check", target: "web-1", script: { text: touch(go) } });
    }
    expect(seen).toEqual([first.id, second.id]);
    expect(await client.task(third.id)).toMatchObject({ state: "succeeded" });
  });

  test("cancels what runs, and lists what there is page by page", async () => {
    const { id } = await client.enqueue({
      kind: "job",
      name: "endless",
      target: "web-1",
      script: { text: "sleep 600" },
    });
    for await (const news of client.follow(id)) {
      if (news.type === "state" && news.state === "running")
        await client.cancel(id, { by: "ada", reason: "enough" });
    }
    expect(await client.task(id)).toMatchObject({ state: "canceled" });
    expect(await collect(client.eachTask({ name: "endless", states: ["canceled"], limit: 1 }))).toHaveLength(
      1,
    );
  });
});

describe("the command", () => {
  test("adds a target, holds it, tells why a task waits for both, and lifts the hold", async () => {
    const world = { url: standalone.url };
    expect((await berth(world, "target", "add", "web-2", "--tag", "web")).exitCode).toBe(0);
    const placed = await berth(world, "hold", "place", "--reason", "move", "--tag", "web", "--json");
    const { id: hold } = jsonOf(placed) as { id: string };
    const enqueued = await berth(world, "enqueue", "job", "--target", "web-2", "--script", "true", "--json");
    const { id } = jsonOf(enqueued) as { id: string };
    const why = (await berth(world, "why", id)).out.join("\n");
    expect(why).toContain("held: a hold by ada covers it: move");
    expect((await berth(world, "hold", "lift", hold)).exitCode).toBe(0);
    expect((await berth(world, "why", id)).out.join("\n")).toContain("offline: ");
    expect((await berth(world, "top", id)).exitCode).toBe(0);
    expect((await berth(world, "cancel", id)).out[0]).toContain("is canceled");
    expect((await berth(world, "target", "remove", "web-2")).exitCode).toBe(0);
  });

  test("waits for a task and exits by its outcome", async () => {
    const world = { url: standalone.url };
    const enqueue = (...options: string[]) => berth(world, "enqueue", "job", "--target", "web-1", ...options);
    expect(await enqueue("--script", "echo hello; exit 3", "--follow")).toMatchObject({
      exitCode: 1,
      out: ["hello"],
    });
    const succeeded = await enqueue("--script", "echo hello", "--wait", "--json");
    expect(succeeded.exitCode).toBe(0);
    expect(jsonOf(succeeded)).toMatchObject({ state: "succeeded" });
    const status = await berth(world, "status");
    expect(status.out[0]).toContain("ready");
  });

  test("shows what the server refuses, with the field and the value", async () => {
    const ran = await berth({ url: standalone.url }, "enqueue", "job", "--target", "a b", "--script", "true");
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain('`target` is "a b"; expected');
  });
});
