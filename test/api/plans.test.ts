import { type ExplainView, type PageView, TaskView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const tasks = "POST /v1/default/tasks";
const script = { text: "echo hello" };

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
  for (const target of ["web-1", "web-2", "web-3"]) await scene.call(`PUT /v1/default/targets/${target}`);
});

afterEach(async () => {
  await scene.close();
});

async function view(id: string): Promise<TaskView> {
  return TaskView.parse((await scene.call(`GET /v1/default/tasks/${id}`)).body);
}

async function causesOf(id: string): Promise<string[][]> {
  const { legs } = (await scene.call(`GET /v1/default/tasks/${id}/explain`)).body as ExplainView;
  return legs.map(({ causes }) => causes.map(({ code }) => code));
}

test("a task on several targets goes over them in its window", async () => {
  const { status, body } = await scene.call(tasks, {
    ...{ kind: "deploy", targets: ["web-1", "web-2", "web-3"], script },
    rollout: { type: "rolling", window: 1 },
  });
  expect(status).toBe(201);
  const task = await view(body.id);
  expect(task.legs.map(({ target }) => target)).toEqual(["web-1", "web-2", "web-3"]);
  expect(task.plan?.rollout).toEqual({ type: "rolling", window: 1, failuresMax: 0 });
  const worker = await scene.serve("web-1", "web-2", "web-3");
  expect((await worker.delivery()).target).toBe("web-1");
  expect(await causesOf(body.id)).toEqual([[], ["rollout-full"], ["rollout-full"]]);
});

test("an explanation tells when the task is likely to start", async () => {
  await scene.enqueue({ kind: "deploy", script, estimateMs: 60_000 });
  const worker = await scene.serve("web-1");
  await worker.report(await worker.delivery(), { type: "started" });
  const next = await scene.enqueue({ kind: "deploy", script });
  const { legs } = (await scene.call(`GET /v1/default/tasks/${next}/explain`)).body as ExplainView;
  const inMs = Date.parse(legs[0]?.estimatedStartAt ?? "") - Date.now();
  expect(inMs).toBeGreaterThan(0);
  expect(inMs).toBeLessThanOrEqual(60_000);
});

test("a task waits for its semaphores, and takes the place of what it supersedes", async () => {
  const first = await scene.enqueue({ kind: "job", script, semaphores: ["licence"], supersedes: "shop" });
  expect((await view(first)).plan).toMatchObject({ semaphores: ["licence"], supersedes: "shop" });
  await scene.call("PUT /v1/default/semaphores/licence", { limit: 0 });
  expect(await causesOf(first)).toEqual([expect.arrayContaining(["semaphore-full"])]);
  const second = await scene.enqueue({ kind: "job", script, supersedes: "shop" });
  expect((await view(first)).state).toBe("canceled");
  expect((await view(second)).state).toBe("waiting");
});

test("a task of steps shows which of them is next, and keeps what they run", async () => {
  const steps = [
    { name: "stop", script },
    { name: "start", handler: { name: "start" } },
  ];
  const id = await scene.enqueue({ kind: "deploy", steps, slotScope: "step" });
  const task = await view(id);
  expect(task.legs[0]?.step).toBe(0);
  expect(task.plan).toMatchObject({ slotScope: "step", steps: [{ name: "stop" }, { name: "start" }] });
  expect(task.payload?.steps).toMatchObject([{ script }, { handler: { name: "start", input: null } }]);
  const worker = await scene.serve("web-1");
  const first = await worker.delivery();
  const outcome = { type: "succeeded", exitCode: 0 } as const;
  await worker.report(first, { type: "started" }, { type: "finished", outcome });
  expect((await worker.delivery()).step).toBe(1);
  expect((await view(id)).legs[0]).toMatchObject({ step: 1, attempt: 2 });
});

test("a task without steps has no step, and without wishes no plan", async () => {
  const task = await view(await scene.enqueue({ kind: "deploy", script }));
  expect([task.plan, task.schedule, task.legs[0]?.step, task.legs[0]?.parking]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("the children of a task are listed, and end with it", async () => {
  const parent = await scene.enqueue({ kind: "deploy", script });
  const child = await scene.enqueue({ kind: "job", script, parent });
  await scene.enqueue({ kind: "job", script });
  const { body } = await scene.call(`GET /v1/default/tasks?parent=${parent}`);
  expect((body as PageView<TaskView>).items.map(({ id }) => id)).toEqual([child]);
  await scene.call(`POST /v1/default/tasks/${parent}/cancel`);
  expect((await view(child)).state).toBe("canceled");
  const late = await scene.call(tasks, { kind: "job", target: "web-1", script, parent });
  expect([late.status, late.body.error.code]).toEqual([404, "parent_unknown"]);
});

test("the same plan under one key is the same task, another a conflict", async () => {
  const request = { kind: "job", target: "web-1", script, idempotencyKey: "k", semaphores: ["a", "b"] };
  const first = await scene.call(tasks, request);
  const again = await scene.call(tasks, { ...request, semaphores: ["b", "a"], slotScope: "task" });
  expect([again.status, again.body.id]).toEqual([200, first.body.id]);
  const other = await scene.call(tasks, { ...request, semaphores: ["a"] });
  expect([other.status, other.body.error.code]).toEqual([409, "idempotency_conflict"]);
});
