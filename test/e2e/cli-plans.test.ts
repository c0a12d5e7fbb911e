// The command against the real API, dispatcher and two tentacles: tasks over several targets, semaphores, schedules, decisions.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeadLetterView, PageView, ScheduleView, TaskView } from "@berth/protocol";
import { readConfig, Standalone } from "@berth/standalone";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { berth as berthIn, jsonOf, type Ran } from "../cli/berth.ts";
import { eventually } from "../support/eventually.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";

let folder: string;
let standalone: Standalone;

beforeAll(async () => {
  folder = await createFolder("cli-plans");
  const config = readConfig({ BERTH_DATA: folder, BERTH_PORT: "0", BERTH_TARGET: "web-1" });
  standalone = new Standalone(config, pino({ level: "silent" }));
  await standalone.start();
  await done("target", "add", "web-2");
  await standalone.startTentacle({ name: "web-2", version: "0.1.0", targets: ["web-2"] });
});

afterAll(async () => {
  await standalone.stop();
  await removeFolder(folder);
});

function berth(...words: string[]): Promise<Ran> {
  return berthIn({ url: standalone.url }, ...words);
}

async function done(...words: string[]): Promise<Ran> {
  const ran = await berth(...words);
  expect(ran).toMatchObject({ exitCode: 0, err: [] });
  return ran;
}

async function answer<Answer = { id: string }>(...words: string[]): Promise<Answer> {
  return jsonOf(await done(...words, "--json")) as Answer;
}

/** A script that runs until the file of this name is there. */
const untilFile = (name: string): string => `until [ -e '${join(folder, name)}' ]; do sleep 0.05; done`;
const touch = (name: string): Promise<void> => writeFile(join(folder, name), "");

async function fileOf(name: string, value: unknown): Promise<string> {
  await writeFile(join(folder, name), JSON.stringify(value));
  return join(folder, name);
}

const both = ["--target", "web-1", "--target", "web-2"];

describe("a task on several targets", () => {
  test("rolls over them one by one, step by step, and each line names its target", async () => {
    const order = join(folder, "order");
    const tell = (what: string) => ({
      script: { text: `echo "$BERTH_TARGET ${what}" >> '${order}'; echo ${what}` },
    });
    const steps = await fileOf("steps.json", [
      { name: "stop", ...tell("stopped") },
      { name: "start", ...tell("started") },
    ]);
    const ran = await berth("enqueue", "deploy", ...both, "--window", "1", "--steps-file", steps, "--wait");
    expect(ran.exitCode).toBe(0);
    expect(ran.out.toSorted()).toEqual([
      ...["web-1 | started", "web-1 | stopped", "web-2 | started", "web-2 | stopped"],
    ]);
    expect(ran.err.at(-1)).toMatch(/^\[succeeded\] .* on web-1, web-2: after .*, 2 succeeded$/);
    const lines = (await readFile(order, "utf8")).trimEnd().split("\n");
    const [first] = lines[0]!.split(" ");
    const second = first === "web-1" ? "web-2" : "web-1";
    expect(lines).toEqual([
      ...[`${first} stopped`, `${first} started`, `${second} stopped`, `${second} started`],
    ]);
  });

  test("stops after a failure, and tells of each target what became of it", async () => {
    const words = ["--window", "1", "--name", "broken", "--script", "exit 3"];
    const ran = await berth("enqueue", "deploy", ...both, ...words, "--wait");
    expect(ran.exitCode).toBe(1);
    const ends = ran.err.filter((line) => /^web-\d: /.test(line)).map((line) => line.slice("web-1: ".length));
    expect(ends.toSorted()).toEqual([
      expect.stringMatching(/^canceled/),
      expect.stringMatching(/^failed, exit code 3/),
    ]);
    const [task] = (await answer<PageView<TaskView>>("tasks", "--name", "broken")).items;
    expect((await done("task", task!.id)).out).toContain(
      "Rollout       1 target at a time, stops after 1 failure",
    );
  });

  test("is told where in its steps something is wrong", async () => {
    const steps = await fileOf("wrong.json", [
      { name: "stop", script: { text: "true" } },
      { name: "start", scirpt: 1 },
    ]);
    const ran = await berth("enqueue", "deploy", ...both, "--steps-file", steps);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain("`steps[1].scirpt` is not a field that is known here");
  });

  test("waits for its children, and is listed as their parent", async () => {
    const steps = await fileOf("parent.json", [
      { name: "prepare", script: { text: untilFile("prepared") } },
      { name: "finish", awaitsChildren: true },
    ]);
    const parent = await answer("enqueue", "runbook", "--target", "web-1", "--steps-file", steps);
    const words = ["--target", "web-2", "--script", untilFile("child"), "--parent", parent.id];
    const child = await answer("enqueue", "job", ...words);
    await touch("prepared");
    await eventually("it waits for the child", async () =>
      (await done("why", parent.id)).out.some((line) => line.startsWith("  children: ")),
    );
    const { items } = await answer<PageView<TaskView>>("tasks", "--parent", parent.id);
    expect(items.map(({ id }) => id)).toEqual([child.id]);
    await touch("child");
    expect((await berth("wait", parent.id)).exitCode).toBe(0);
  });
});

test("a semaphore keeps tasks waiting, says so, and lets them go", async () => {
  await done("semaphore", "set", "licence", "0");
  const job = ["--target", "web-1", "--semaphore", "licence", "--script", "true"];
  const { id } = await answer("enqueue", "job", ...job);
  const { out } = await done("why", id);
  expect(out.some((line) => line.includes("semaphore-full: semaphore licence allows 0"))).toBe(true);
  expect(out.at(-1)).toBe("  Nobody can know when it starts.");
  await done("semaphore", "set", "licence", "1");
  expect((await berth("wait", id)).exitCode).toBe(0);
  await done("semaphore", "unset", "licence");
  expect((await done("semaphore")).out.some((line) => line.startsWith("licence"))).toBe(false);
});

test("a schedule enqueues by itself, until it is paused, changed by a file, or removed", async () => {
  const tick = ["--name", "tick", "--target", "web-2", "--script", "echo tick"];
  await done("schedule", "put", "beat", "job", "--every", "1s", ...tick);
  const run = await eventually("it has enqueued", async () => {
    return (await answer<PageView<TaskView>>("tasks", "--schedule", "beat")).items[0];
  });
  const waited = await berth("wait", run.id);
  expect(waited).toMatchObject({ exitCode: 0, out: ["tick"] });
  expect((await done("schedule", "pause", "beat")).out[0]).toMatch(/, paused$/);
  const paused = await answer<ScheduleView>("schedule", "show", "beat");
  expect(paused).toMatchObject({ paused: true, nextAt: null, lastTask: expect.stringMatching(/^beat:\d+$/) });
  const file = await fileOf("beat.json", { ...paused, everyMs: 3_600_000, anchor: undefined, paused: false });
  await done("schedule", "put", "beat", "--file", file);
  const { out } = await done("schedule", "list");
  expect(out.find((line) => line.startsWith("beat "))).toMatch(/active +every 1 h +job tick on web-2/);
  await done("schedule", "remove", "beat");
  expect((await berth("schedule", "show", "beat")).exitCode).toBe(4);
});

test("it is safe when what ran under a hold has ended", async () => {
  const words = ["--target", "web-1", "--mutex", "safe", "--name", "long", "--script", untilFile("safe")];
  const { id } = await answer("enqueue", "deploy", ...words);
  await eventually("it runs", async () => (await answer<TaskView>("task", id)).state === "running");
  const order = ["--kind", "deploy", "--target", "web-1", "--reason", "move"];
  const hold = await answer("hold", "place", ...order);
  const before = await berth("safe", hold.id);
  expect(before.exitCode).toBe(14);
  expect(before.out.join("\n")).toContain(id);
  const told = Promise.withResolvers<void>();
  const waiting = berthIn({ url: standalone.url, onNote: () => told.resolve() }, "safe", hold.id, "--wait");
  await told.promise;
  await touch("safe");
  expect(await waiting).toMatchObject({ exitCode: 0 });
  await done("hold", "lift", hold.id);
  expect((await berth("safe", hold.id)).exitCode).toBe(4);
});

test("what is parked is told why, and somebody says how it ended", async () => {
  await done("target", "policy", "web-2", "--attempts", "runbook=1");
  const crash = ["--name", "crash", "--target", "web-2", "--mutex", "crash", "--script", "kill -KILL $$"];
  const ran = await berth("enqueue", "runbook", ...crash, "--wait");
  expect(ran.exitCode).toBe(13);
  const { out } = await done("dead", "--name", "crash", "--fingerprints");
  expect(out[1]).toContain("failures with 0.1.0");
  const [dead] = (await answer<PageView<DeadLetterView>>("dead", "--name", "crash")).items;
  const fingerprint = dead!.legs[0]!.parking!.fingerprint;
  expect(out[1]).toContain(fingerprint);
  const { items } = await answer<PageView<{ task: string }>>("oops", "--fingerprint", fingerprint);
  expect(items.map(({ task }) => task)).toEqual([dead!.id]);
  const reason = ["--reason", "the disk is clean"];
  expect((await done("dead", "decide", dead!.id, "--result", "succeeded", ...reason)).out).toEqual([
    `${dead!.id} is succeeded: runbook crash on web-2`,
  ]);
  expect((await done("task", dead!.id)).out.at(-1)).toContain("the disk is clean");
  expect((await berth("dead", "decide", dead!.id, "--result", "failed", ...reason)).exitCode).toBe(5);
});
