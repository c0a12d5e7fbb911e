import { type ExplainView, type LogView, type PageView, TaskView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const script = { text: "echo hello" };
const tasks = "GET /v1/default/tasks";

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
});

afterEach(async () => {
  await scene.close();
});

async function idsOf(query: string): Promise<string[]> {
  const { body } = await scene.call(`${tasks}?${query}`);
  return (body as PageView<TaskView>).items.map(({ id }) => id);
}

test("tasks are listed by each filter, and an empty list matches none", async () => {
  const deploy = await scene.enqueue({ kind: "deploy", name: "shop", script });
  const job = await scene.enqueue({ kind: "job", name: "nightly", script }, "web-2");
  const check = await scene.enqueue({ kind: "health-check" }, "web-2");
  await scene.call(`POST /v1/default/tasks/${job}/cancel`);
  const soon = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());

  expect(await idsOf("")).toEqual([check, job, deploy]);
  expect(await idsOf("sort=oldest")).toEqual([deploy, job, check]);
  expect(await idsOf("state=waiting,canceled")).toEqual([check, job, deploy]);
  expect(await idsOf("state=canceled")).toEqual([job]);
  expect(await idsOf("kind=deploy&kind=job")).toEqual([job, deploy]);
  expect(await idsOf("name=shop")).toEqual([deploy]);
  expect(await idsOf("target=web-2")).toEqual([check, job]);
  expect(await idsOf(`ids=${deploy},${check},t-nobody`)).toEqual([check, deploy]);
  expect(await idsOf(`queuedBefore=${soon}`)).toHaveLength(3);
  expect(await idsOf(`queuedFrom=${soon}`)).toEqual([]);
  for (const empty of ["ids=", "state=", "kind="]) expect(await idsOf(empty)).toEqual([]);
});

test("pages follow each other by their cursors", async () => {
  const ids = [];
  for (let count = 0; count < 5; count += 1) ids.push(await scene.enqueue({ kind: "job", script }));
  const seen: string[] = [];
  let next: string | null = "";
  while (next !== null) {
    const cursor = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const { body } = await scene.call(`${tasks}?sort=oldest&limit=2${cursor}`);
    seen.push(...body.items.map(({ id }: TaskView) => id));
    next = body.next;
  }
  expect(seen).toEqual(ids);
});

test("a waiting task is explained by the rules, an ended one in a sentence", async () => {
  const first = await scene.enqueue({ kind: "deploy", script });
  const second = await scene.enqueue({ kind: "deploy", script });
  const { body: waiting } = await scene.call(`GET /v1/default/tasks/${second}/explain`);
  expect((waiting as ExplainView).legs[0]).toMatchObject({ state: "waiting", position: 2 });
  expect((waiting as ExplainView).legs[0]?.causes.map(({ code }) => code)).toContain("offline");
  await scene.call(`POST /v1/default/tasks/${first}/cancel`, { by: "ann", reason: "wrong version" });
  const { body: ended } = await scene.call(`GET /v1/default/tasks/${first}/explain`);
  expect(ended).toMatchObject({ task: first, state: "canceled" });
  expect((ended as ExplainView).legs[0]?.summary).toMatch(
    /^It ended as canceled at .*: canceled by ann: wrong version\.$/,
  );
});

test("a task runs, and its log is read in pieces until it is complete", async () => {
  await scene.enqueue({ kind: "job", script });
  const worker = await scene.serve("web-1");
  const delivery = await worker.delivery();
  const output = ["one", "two", "three"].map((text, index) => {
    return { number: index + 1, stream: "stdout" as const, at: Date.now(), text };
  });
  await worker.report(delivery, { type: "started" }, { type: "progress", output });
  await scene.until(delivery.task, "running");
  const log = `GET /v1/default/tasks/${delivery.task}/log`;
  const first = (await scene.call(`${log}?limit=2`)).body as LogView;
  expect(first.lines.map(({ text }) => text)).toEqual(["one", "two"]);
  expect(first.complete).toBe(false);
  await worker.report(delivery, { type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  await scene.until(delivery.task, "succeeded");
  const rest = (await scene.call(`${log}?after=${first.next}`)).body as LogView;
  expect(rest.lines.map(({ text }) => text)).toEqual(["three"]);
  expect(rest.complete).toBe(true);
  const { body } = await scene.call(`GET /v1/default/tasks/${delivery.task}`);
  expect(TaskView.parse(body)).toMatchObject({ state: "succeeded", legs: [{ exitCode: 0, attempt: 1 }] });
});

test("a waiting task is cancelled at once, and once only", async () => {
  const id = await scene.enqueue({ kind: "deploy", script });
  const { status, body } = await scene.call(`POST /v1/default/tasks/${id}/cancel`);
  expect([status, body.state]).toEqual([200, "canceled"]);
  for (const verb of ["cancel", "release", "discard"]) {
    const again = await scene.call(`POST /v1/default/tasks/${id}/${verb}`);
    expect([verb, again.status, again.body.error.code]).toEqual([verb, 409, "task_ended"]);
    expect(again.body.error.message).toMatch(/has ended as canceled at /);
  }
  const moved = await scene.call(`POST /v1/default/tasks/${id}/prioritize`, { priority: "top" });
  expect(moved.body.error.code).toBe("task_ended");
});

test("a task is moved to the front, but not to a class that does not exist", async () => {
  await scene.enqueue({ kind: "deploy", script });
  const second = await scene.enqueue({ kind: "deploy", script });
  const { body } = await scene.call(`POST /v1/default/tasks/${second}/prioritize`, { priority: "top" });
  expect(body.priority).toBe("top");
  const explained = await scene.call(`GET /v1/default/tasks/${second}/explain`);
  expect(explained.body.legs[0].position).toBe(1);
  const refused = await scene.call(`POST /v1/default/tasks/${second}/prioritize`, { priority: "highest" });
  expect(refused.body.error.message).toMatch(
    /`priority` is "highest"; expected one of top, high, normal, low/,
  );
});

test("what is not parked can be neither released nor discarded", async () => {
  const id = await scene.enqueue({ kind: "deploy", script });
  for (const verb of ["release", "discard"]) {
    const { status, body } = await scene.call(`POST /v1/default/tasks/${id}/${verb}`);
    expect([status, body.error.code]).toEqual([409, "task_not_parked"]);
  }
});
