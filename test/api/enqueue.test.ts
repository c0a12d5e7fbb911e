import { TaskView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const tasks = "POST /v1/default/tasks";
const deploy = { kind: "deploy", name: "shop", target: "web-1", script: { text: "echo hello" } };

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
  await scene.call("PUT /v1/default/targets/web-1");
});

afterEach(async () => {
  await scene.close();
});

test("a task is enqueued, and can be read at the address that the answer names", async () => {
  const { status, body, headers } = await scene.call(tasks, { ...deploy, variables: { COLOUR: "red" } });
  expect(status).toBe(201);
  expect(body).toEqual({ id: expect.stringMatching(/^t-/), existing: false, joined: null });
  const { body: view } = await scene.call(`GET ${headers.location}`);
  expect(TaskView.parse(view)).toMatchObject({
    ...{ id: body.id, space: "default", kind: "deploy", name: "shop", targets: ["web-1"], state: "waiting" },
    ...{ payload: { script: { interpreter: "bash", text: "echo hello" }, variables: { COLOUR: "red" } } },
  });
});

test("the same key with the same body is the same task, with another body a conflict", async () => {
  const first = await scene.call(tasks, { ...deploy, idempotencyKey: "release-7" });
  const again = await scene.call(tasks, { ...deploy, idempotencyKey: "release-7" });
  expect([again.status, again.body]).toEqual([200, { id: first.body.id, existing: true, joined: null }]);
  const other = await scene.call(tasks, { ...deploy, name: "other", idempotencyKey: "release-7" });
  expect([other.status, other.body.error.code]).toEqual([409, "idempotency_conflict"]);
});

test("the key may come as a header, and must not contradict the body", async () => {
  const inBody = await scene.call(tasks, { ...deploy, idempotencyKey: "release-7" });
  const inHeader = await scene.call(tasks, deploy, { "idempotency-key": "release-7" });
  expect(inHeader.body.id).toBe(inBody.body.id);
  const { status, body } = await scene.call(
    tasks,
    { ...deploy, idempotencyKey: "release-7" },
    { "idempotency-key": "release-8" },
  );
  expect([status, body.error.code]).toEqual([400, "request_invalid"]);
  expect(body.error.message).toContain('"release-7"');
  expect(body.error.message).toContain('"release-8"');
});

test("an equal health check joins the one that waits, whoever asks", async () => {
  const check = { kind: "health-check", target: "web-1" };
  const first = await scene.call(tasks, { ...check, requestedBy: "ann" });
  const second = await scene.call(tasks, { ...check, requestedBy: "bob" });
  expect(second.body.joined).toBe(`${first.body.id}.1`);
});

test("a batch enqueues each task that is valid, and says what is wrong with each other one", async () => {
  const { status, body } = await scene.call("POST /v1/default/tasks/batch", {
    tasks: [
      deploy,
      { ...deploy, kind: "x" },
      { ...deploy, target: "web-9" },
      { kind: "job", target: "web-1" },
      deploy,
      5,
    ],
  });
  expect(status).toBe(200);
  expect(body.tasks.map((entry: { error?: { code: string } }) => entry.error?.code ?? "enqueued")).toEqual([
    ...["enqueued", "request_invalid", "target_unknown", "script_missing", "enqueued", "request_invalid"],
  ]);
  const { body: page } = await scene.call("GET /v1/default/tasks?sort=oldest");
  expect(page.items.map(({ id }: { id: string }) => id)).toEqual([body.tasks[0].id, body.tasks[4].id]);
});

test("a batch of nothing, or of more than 1,000 tasks, is refused", async () => {
  for (const tasks of [[], Array(1001).fill(deploy)]) {
    const { body } = await scene.call("POST /v1/default/tasks/batch", { tasks });
    expect(body.error.code).toBe("request_invalid");
  }
});

test("a batch whose tasks are all refused reaches nobody", async () => {
  const { status, body } = await scene.call("POST /v1/default/tasks/batch", { tasks: [{}] });
  expect([status, body.tasks.length]).toEqual([200, 1]);
});
