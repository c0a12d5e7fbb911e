import type { HoldScope, Plan } from "@berth/protocol";
import { expect, test } from "vitest";
import { DispatcherScene, submission, submit } from "../support/dispatcher/scene.ts";

const everywhere: HoldScope = { kinds: [], names: [], targets: [], tags: [] };
const plan: Plan = {
  rollout: { type: "rolling", window: null, failuresMax: null },
  semaphores: [],
  parent: null,
  supersedes: null,
  slotScope: "task",
  steps: [],
  spreadMs: null,
};

test("whoever asks for the clearance of a scope is told who runs there", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const clear = { isClear: true, running: [], quarantines: [] };
  expect(await worker.ask({ type: "clearance", scope: everywhere })).toMatchObject({
    ...{ type: "clearance", clearance: clear },
  });
  await worker.ask(submit("t-1", { kind: "deploy", estimateMs: 60_000 }));
  const { leg } = await worker.delivery("t-1");
  const running = { leg, task: "t-1", kind: "deploy", target: "web-1", state: "granted" };
  expect(await worker.ask({ type: "clearance", scope: everywhere })).toMatchObject({
    clearance: { isClear: false, running: [running] },
  });
  const elsewhere = { ...everywhere, kinds: ["runbook" as const] };
  expect(await worker.ask({ type: "clearance", scope: elsewhere })).toMatchObject({ clearance: clear });
});

test("whoever asks for the semaphores is told how full they are", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  await worker.ask({ type: "semaphore.put", semaphore: "database", limit: 2 });
  await worker.ask(submit("t-1", { plan: { ...plan, semaphores: ["database"] } }));
  await worker.delivery("t-1");
  const semaphores = await worker.ask({ type: "semaphores" });
  expect(semaphores).toMatchObject({
    type: "semaphores",
    semaphores: expect.arrayContaining([
      { id: "task-cap", limit: null, held: 1, isSet: false },
      { id: "lane.health-check", limit: 1000, held: 0, isSet: false },
      { id: "database", limit: 2, held: 1, isSet: true },
    ]),
  });
});

test("each step of a task is a delivery of its own, with all that its steps run", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const step = { awaitsChildren: false, onChildFailure: "fail" } as const;
  const work = { script: { interpreter: "bash", text: "true", arguments: [] }, handler: null };
  const payload = { ...submission("x").payload, script: null, steps: [work, work] };
  const steps = [
    { ...step, name: "stop" },
    { ...step, name: "start" },
  ];
  await worker.ask(submit("t-1", { plan: { ...plan, steps }, payload }));
  const first = await worker.delivery("t-1", 1);
  expect(first).toMatchObject({ step: 0, payload, attempt: 1 });
  await worker.report(first, { type: "started" });
  await worker.succeed(first);
  const second = await worker.delivery("t-1", 2);
  expect(second).toMatchObject({ step: 1, payload, attempt: 2 });
  expect(second.token > first.token).toBe(true);
});
