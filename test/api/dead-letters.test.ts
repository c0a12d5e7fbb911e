import { DeadLetterView, type LegView, OopsView, TaskView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const script = { text: "exit 1" };
const release = "POST /v1/default/dead-letters/release";
const discard = "POST /v1/default/dead-letters/discard";

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
});

afterEach(async () => {
  await scene.close();
});

/** Enqueues jobs that the worker cannot process, and waits until they are parked. */
async function park(...names: string[]): Promise<string[]> {
  await scene.call("PUT /v1/default/targets/web-1", { policy: { attempts: { job: 1 } } });
  const worker = await scene.serve("web-1");
  const ids: string[] = [];
  for (const name of names) {
    const { body } = await scene.call("POST /v1/default/tasks", {
      kind: "job",
      name,
      target: "web-1",
      script,
    });
    const failure = {
      type: "WorkerCrashed",
      value: `could not process ${name}`,
      text: "at work (worker.js:1)",
    };
    await worker.report(
      await worker.delivery(),
      { type: "started" },
      { type: "finished", outcome: { type: "error", failure } },
    );
    await scene.until(body.id, "parked");
    ids.push(body.id);
  }
  return ids;
}

test("dead letters come with why they are dead", async () => {
  const ids = await park("one", "two");
  const { body } = await scene.call("GET /v1/default/dead-letters");
  const items = body.items.map((item: unknown) => DeadLetterView.parse(item)) as DeadLetterView[];
  expect(items.map(({ id, state, oops }) => [id, state, oops?.value])).toEqual([
    [ids[1], "parked", "could not process two"],
    [ids[0], "parked", "could not process one"],
  ]);
  const byName = await scene.call("GET /v1/default/dead-letters?name=one");
  expect(byName.body.items).toHaveLength(1);
});

test("each failure is an OOPS that can be listed and read", async () => {
  const [id] = await park("one", "two");
  const { body } = await scene.call(`GET /v1/default/oops?task=${id}`);
  const [oops] = body.items as OopsView[];
  expect(OopsView.parse(oops)).toMatchObject({
    type: "WorkerCrashed",
    task: id,
    target: "web-1",
    consequence: "parked",
  });
  expect((await scene.call(`GET /v1/default/oops/${oops?.id}`)).body).toEqual(oops);
  expect((await scene.call("GET /v1/default/oops?limit=1")).body.next).not.toBeNull();
  const none = await scene.call("GET /v1/default/oops/oops-nobody");
  expect([none.status, none.body.error.code]).toEqual([404, "oops_unknown"]);
});

test("failures that are the same problem have one fingerprint, and are found by it", async () => {
  const [first, second] = await park("one", "one", "two");
  const { body: task } = await scene.call(`GET /v1/default/tasks/${first}`);
  const { parking } = TaskView.parse(task).legs[0] as LegView;
  expect(parking).toMatchObject({ for: "failures", versions: ["1.0.0"] });
  const query = `fingerprint=${encodeURIComponent(parking?.fingerprint ?? "")}`;
  const { body } = await scene.call(`GET /v1/default/oops?${query}`);
  expect((body.items as OopsView[]).map(({ task }) => task)).toEqual([second, first]);
  expect((await scene.call("GET /v1/default/oops?fingerprint=other")).body.items).toEqual([]);
});

test("somebody says how a parked task ended, and what that rests on", async () => {
  const [good, bad] = (await park("one", "two")) as [string, string];
  const decide = (id: string, body: object) => scene.call(`POST /v1/default/tasks/${id}/decide`, body);
  const { status, body } = await decide(good, { result: "succeeded", by: "ann", reason: "the site is up" });
  expect([status, TaskView.parse(body).state]).toEqual([200, "succeeded"]);
  expect(body.legs[0].reason).toBe("ann says that it succeeded: the site is up");
  const failed = await decide(bad, { result: "failed", reason: "no trace of it" });
  expect([failed.body.state, failed.body.legs[0].reason]).toEqual([
    "failed",
    "the API says that it failed: no trace of it",
  ]);
  const again = await decide(good, { result: "failed", reason: "it is not" });
  expect([again.status, again.body.error.code]).toEqual([409, "task_ended"]);
});

test("nothing is decided without a reason, nor about what is not parked", async () => {
  const waiting = await scene.enqueue({ kind: "job", script }, "web-2");
  const decide = `POST /v1/default/tasks/${waiting}/decide`;
  const early = await scene.call(decide, { result: "succeeded", reason: "I hope" });
  expect([early.status, early.body.error.code]).toEqual([409, "task_not_parked"]);
  for (const reason of [undefined, ""]) {
    const { status, body } = await scene.call(decide, { result: "succeeded", reason });
    expect([status, body.error.code]).toEqual([400, "request_invalid"]);
    expect(body.error.message).toMatch(/`reason` is .*a decision needs a reason|`reason` is missing/);
  }
  const other = await scene.call(decide, { result: "canceled", reason: "no need" });
  expect(other.body.error.message).toMatch(/`result` is "canceled"; expected one of succeeded, failed/);
});

test("named dead letters are released, and each other one says why not", async () => {
  const [parked, ended] = (await park("one", "two")) as [string, string];
  await scene.call(`POST /v1/default/tasks/${ended}/discard`);
  const waiting = await scene.enqueue({ kind: "job", script }, "web-2");
  const { status, body } = await scene.call(release, { tasks: [parked, ended, waiting, "t-nobody", parked] });
  expect(status).toBe(200);
  expect(
    body.tasks.map(({ task, error }: { task: string; error: { code: string } | null }) => [
      task,
      error?.code ?? null,
    ]),
  ).toEqual([
    [parked, null],
    [ended, "task_ended"],
    [waiting, "task_not_parked"],
    ["t-nobody", "task_unknown"],
  ]);
});

test("all dead letters of a name are discarded, and no others", async () => {
  const [one, two] = await park("one", "two");
  const { body } = await scene.call(discard, { all: true, name: "one", by: "ann", reason: "obsolete" });
  expect(body.tasks).toEqual([{ task: one, error: null }]);
  expect((await scene.call(`GET /v1/default/tasks/${one}`)).body).toMatchObject({
    ...{ state: "canceled", legs: [{ reason: "discarded by ann: obsolete" }] },
  });
  expect((await scene.call(`GET /v1/default/tasks/${two}`)).body.state).toBe("parked");
  expect((await scene.call(discard, { all: true, target: "web-1" })).body.tasks).toHaveLength(1);
  expect((await scene.call(discard, { all: true })).body.tasks).toEqual([]);
});

test("an empty list means none", async () => {
  const [id] = await park("one");
  expect((await scene.call(release, { tasks: [] })).body).toEqual({ tasks: [] });
  expect((await scene.call(`GET /v1/default/tasks/${id}`)).body.state).toBe("parked");
});
