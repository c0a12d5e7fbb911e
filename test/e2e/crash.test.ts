// The process is killed in the middle of its work, again and again: nothing is lost, and nothing runs twice at once.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthClient } from "@berth/client";
import type { TaskRequestInput, TaskView } from "@berth/protocol";
import { expect, onTestFinished, test } from "vitest";
import { collect } from "../support/collect.ts";
import { EvidenceFile, type ScriptRun } from "../support/crash/evidence.ts";
import { oopsFindings, runFindings, slotOverlaps, taskOverlaps } from "../support/crash/findings.ts";
import { isRunning, Lives } from "../support/crash/lives.ts";
import { below, type Chance, Load } from "../support/crash/load.ts";
import { eventually } from "../support/eventually.ts";
import { guardsOf } from "../support/processes.ts";
import { chosenSeed, seededChance } from "../support/seeded-chance.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";

const kills = 3;
const clients = 4;
const mutexes = ["alpha", "beta", "gamma"];
const kinds = ["deploy", "job", "job", "health-check"] as const;
const burstMax = 5;
const beatsMax = 8;

/** What the clients enqueue, on the one target that there is. */
function requestOf(evidence: EvidenceFile, key: string, chance: Chance): TaskRequestInput {
  const kind = kinds[below(chance, kinds.length)]!;
  const mutex = mutexes[below(chance, mutexes.length)]!;
  const text = evidence.script(mutex, 1 + below(chance, beatsMax));
  // A name of its own, since equal health checks are one.
  return { kind, name: key, target: "local", mutex, script: { text }, idempotencyKey: key };
}

test("kill -9 under load loses nothing, runs nothing twice at once, and leaves nothing behind", async () => {
  const seed = chosenSeed();
  console.log(`BERTH_RANDOM_SEED=${seed} repeats what this test chose by chance`);
  const chance = seededChance(seed);
  const folder = await createFolder("crash");
  onTestFinished(() => removeFolder(folder));
  const data = join(folder, "data");
  const evidence = new EvidenceFile(join(folder, "evidence"));
  const lives = new Lives(data);
  onTestFinished(async () => void (await lives.end("SIGKILL")));

  await lives.begin();
  const load = new Load(lives, {
    request: (key, random) => requestOf(evidence, key, random),
    burstMax,
  });
  const working = Promise.all(
    Array.from({ length: clients }, (_, index) =>
      load.client(`client-${index}`, seededChance(seed + index + 1)),
    ),
  );
  // Its failure is that of the test, whichever promise is awaited first.
  working.catch(() => {});
  const anchorsEnd = join(folder, "anchors end");
  const killed = new Set<string>();
  for (let nth = 0; nth < kills; nth += 1) {
    await load.untilAnswered(load.answered.size + 10 + Math.floor(chance() * 30));
    // One that cannot have ended by itself when the process is killed.
    const mutex = `anchor-${nth}`;
    const text = evidence.scriptUntil(mutex, anchorsEnd);
    const anchor = {
      kind: "deploy",
      target: "local",
      mutex,
      script: { text },
      idempotencyKey: mutex,
    } as const;
    const id = await load.enqueue(anchor);
    await eventually("the script runs", () => evidence.runs().some(({ task }) => task === id), 60_000);
    await lives.end("SIGKILL");
    killed.add(id);
    await lives.begin();
  }
  await load.untilAnswered(load.answered.size + 10);
  load.stop();
  await working;

  await writeFile(anchorsEnd, "");
  const tasks = await settleAll(load, lives);
  await expectNothingRuns(evidence.runs());
  await expectAllThere(load, lives);
  const { url } = await lives.current;
  const oops = await collect(new BerthClient({ url }).oops.each({ limit: 1000 }));
  const runs = evidence.runs();
  expect(slotOverlaps(runs)).toEqual([]);
  expect(taskOverlaps(runs)).toEqual([]);
  expect(runFindings(runs, tasks)).toEqual([]);
  expect(oopsFindings(tasks, oops, runs)).toEqual([]);
  // Without these the test would have shown nothing.
  expect(runs.filter(({ ended, task }) => !ended && killed.has(task))).toHaveLength(kills);
  expect(lives.unanswered).toBeGreaterThan(0);

  const workspace = join(data, "tentacle");
  expect(await lives.end("SIGTERM")).toEqual({ code: 0, signal: null });
  await eventually("no guard is left", async () => (await guardsOf(workspace)).length === 0);
}, 320_000);

/** Waits until every task has ended. A deploy whose result nobody knows is parked: it is released, as a person would. */
async function settleAll(load: Load, lives: Lives): Promise<TaskView[]> {
  const ended: TaskView[] = [];
  for (const id of load.answered.keys()) {
    let task = await load.settled(id);
    while (task.state === "parked") {
      expect(task.kind).toBe("deploy");
      await lives.insist((client) => client.release(id, { by: "ada" }));
      task = await load.settled(id);
    }
    expect(task.state).toBe(task.state === "unavailable" ? unavailableOf(task) : "succeeded");
    ended.push(task);
  }
  return ended;
}

/** Two attempts that are killed are all that a health check has. */
function unavailableOf({ kind, legs }: TaskView): string {
  return kind === "health-check" && legs[0]?.failures === 2 ? "unavailable" : "succeeded";
}

/** Law 3: what was answered is there, also for whoever asks again with the same key. */
async function expectAllThere(load: Load, lives: Lives): Promise<void> {
  const { url } = await lives.current;
  const client = new BerthClient({ url });
  const again = await client.enqueueMany([...load.answered.values()]);
  expect(again).toEqual([...load.answered.keys()].map((id) => ({ id, existing: true, joined: null })));
  const listed = await collect(client.eachTask({ limit: 1000 }));
  // Whatever was stored, its client insisted on an answer, so no other task can be there.
  expect(listed.map(({ id }) => id).toSorted()).toEqual([...load.answered.keys()].toSorted());
}

async function expectNothingRuns(runs: readonly ScriptRun[]): Promise<void> {
  for (const { pid, token } of runs) {
    await eventually(`process ${pid} is gone`, async () => !(await isRunning(pid, token)));
  }
}
