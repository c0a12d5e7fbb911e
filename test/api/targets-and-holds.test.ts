import { HoldView, SummaryView, TargetView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const script = { text: "echo hello" };
const target = "/v1/default/targets/web-1";

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
});

afterEach(async () => {
  await scene.close();
});

test("a target is made, replaced, read and removed", async () => {
  const put = await scene.call(`PUT ${target}`, { policy: { modes: { runbook: "shared" } }, tags: ["eu"] });
  expect(put.status).toBe(200);
  expect(TargetView.parse(put.body)).toMatchObject({
    name: "web-1",
    tags: ["eu"],
    sessions: [],
    quarantines: [],
  });
  await scene.call(`PUT ${target}`, { tags: ["us"] });
  expect((await scene.call(`GET ${target}`)).body).toMatchObject({ policy: {}, tags: ["us"] });
  expect((await scene.call("GET /v1/default/targets")).body).toMatchObject({
    items: [{ name: "web-1" }],
    next: null,
  });
  const removed = await scene.call(`DELETE ${target}`);
  expect([removed.status, removed.body]).toEqual([204, ""]);
  expect((await scene.call(`GET ${target}`)).status).toBe(404);
});

test("a target shows the sessions that serve it", async () => {
  await scene.call(`PUT ${target}`);
  await scene.serve("web-1");
  const { body } = await scene.call(`GET ${target}`);
  expect(body.sessions).toMatchObject([{ tentacle: "tentacle-1", version: "1.0.0", draining: false }]);
});

test("a target with tasks is not removed", async () => {
  await scene.enqueue({ kind: "job", script });
  const { status, body } = await scene.call(`DELETE ${target}`);
  expect([status, body.error.code]).toEqual([409, "target_in_use"]);
});

test("what is wrong with a target is said", async () => {
  await scene.call(`PUT ${target}`);
  const near = await scene.call("GET /v1/default/targets/web-l");
  expect([near.status, near.body.error.code]).toEqual([404, "target_unknown"]);
  expect(near.body.error.message).toContain('did you mean "web-1"');
  expect((await scene.call("DELETE /v1/default/targets/db-7")).body.error.code).toBe("target_unknown");
  const badName = await scene.call("PUT /v1/default/targets/web%201");
  expect(badName.body.error).toMatchObject({
    code: "request_invalid",
    message: expect.stringContaining('"web 1"'),
  });
  const badPolicy = await scene.call(`PUT ${target}`, { policy: { mode: { job: "shared" } } });
  expect(badPolicy.body.error.message).toMatch(/`policy\.mode`.*did you mean "modes"/);
});

test("a slot that nothing can be proven of is quarantined until somebody releases it", async () => {
  await scene.close();
  scene = await ApiScene.open({ engine: { cancelGraceMs: 1, cancelMarginMs: 1 } });
  const id = await scene.enqueue({ kind: "deploy", script, cancelGraceMs: 1 });
  const worker = await scene.serve("web-1");
  await worker.report(await worker.delivery(), { type: "started" });
  await scene.until(id, "running");
  await scene.call(`POST /v1/default/tasks/${id}/cancel`);
  await scene.until(id, "canceled");
  expect((await scene.call(`GET ${target}`)).body.quarantines).toMatchObject([
    { mutex: "script", leg: `${id}.1` },
  ]);
  const release = `POST ${target}/quarantines/script/release`;
  expect((await scene.call(release, { by: "ann", note: "looked at it" })).status).toBe(204);
  expect((await scene.call(`GET ${target}`)).body.quarantines).toEqual([]);
  const again = await scene.call(release);
  expect([again.status, again.body.error.code]).toEqual([404, "quarantine_unknown"]);
  const nowhere = await scene.call("POST /v1/default/targets/db-7/quarantines/script/release");
  expect(nowhere.body.error.code).toBe("target_unknown");
});

test("a hold is placed, listed and lifted", async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const placed = await scene.call("POST /v1/default/holds", { owner: "ann", reason: "move", until });
  expect(placed.status).toBe(201);
  expect(HoldView.parse(placed.body)).toMatchObject({ owner: "ann", until, active: true });
  expect((await scene.call("GET /v1/default/holds")).body.items).toEqual([placed.body]);
  const lift = `POST /v1/default/holds/${placed.body.id}/lift`;
  expect((await scene.call(lift, { by: "ann" })).status).toBe(204);
  expect((await scene.call("GET /v1/default/holds")).body.items).toEqual([]);
  const again = await scene.call(lift);
  expect([again.status, again.body.error.code]).toEqual([404, "hold_unknown"]);
});

test("a hold that begins later is not active yet", async () => {
  const from = new Date(Date.now() + 60_000).toISOString();
  const { body } = await scene.call("POST /v1/default/holds", { owner: "ann", reason: "move", from });
  expect(body).toMatchObject({ from, active: false, until: null });
});

test("the summary counts what there is", async () => {
  await scene.enqueue({ kind: "deploy", script });
  await scene.enqueue({ kind: "deploy", script });
  await scene.enqueue({ kind: "job", script }, "web-2");
  await scene.serve("web-2", "web-9");
  await scene.call("POST /v1/default/holds", { owner: "ann", reason: "move" });
  const { body } = await scene.call("GET /v1/default/summary");
  expect(SummaryView.parse(body)).toMatchObject({
    ...{ space: "default", targets: 2, targetsOnline: 1, holdsActive: 1, parked: 0, quarantines: 0 },
    tasks: { waiting: 2, parked: 0, succeeded: 0 },
  });
});
