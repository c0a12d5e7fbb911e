import { ClearanceView, type PageView, SemaphoreView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const semaphores = "/v1/default/semaphores";
const script = { text: "echo hello" };

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
});

afterEach(async () => {
  await scene.close();
});

async function semaphore(name: string): Promise<SemaphoreView | undefined> {
  const { items } = (await scene.call(`GET ${semaphores}`)).body as PageView<SemaphoreView>;
  return items.map((item) => SemaphoreView.parse(item)).find((item) => item.name === name);
}

async function clearance(query: string): Promise<ClearanceView> {
  return ClearanceView.parse((await scene.call(`GET /v1/default/clearance${query}`)).body);
}

/** A deploy that runs on web-1. */
async function deploy(): Promise<string> {
  const id = await scene.enqueue({ kind: "deploy", name: "shop", script, estimateMs: 60_000 });
  const worker = await scene.serve("web-1");
  await worker.report(await worker.delivery(), { type: "started" });
  await scene.until(id, "running");
  return id;
}

test("a semaphore is set, shown with what holds it, and taken back", async () => {
  const put = await scene.call(`PUT ${semaphores}/licence`, { limit: 2 });
  expect([put.status, put.body]).toEqual([200, { name: "licence", limit: 2, held: 0, isSet: true }]);
  await scene.enqueue({ kind: "job", script, semaphores: ["licence"] });
  const worker = await scene.serve("web-1");
  const delivery = await worker.delivery();
  expect(await semaphore("licence")).toMatchObject({ limit: 2, held: 1 });
  expect((await scene.call(`DELETE ${semaphores}/licence`)).status).toBe(204);
  expect(await semaphore("licence")).toEqual({ name: "licence", limit: 1, held: 1, isSet: false });
  const outcome = { type: "succeeded", exitCode: 0 } as const;
  await worker.report(delivery, { type: "started" }, { type: "finished", outcome });
  await scene.until(delivery.task, "succeeded");
  expect(await semaphore("licence")).toBeUndefined();
});

test("the cap and the lanes of the space are semaphores that are always there", async () => {
  const { body } = await scene.call(`GET ${semaphores}`);
  expect(body.items.map(({ name, limit }: SemaphoreView) => `${name} ${limit}`)).toEqual([
    ...["lane.deploy 1000", "lane.health-check 1000", "lane.job 1000", "lane.runbook 1000", "task-cap null"],
  ]);
  await scene.call(`PUT ${semaphores}/task-cap`, { limit: 5 });
  expect(await semaphore("task-cap")).toMatchObject({ limit: 5, isSet: true });
  await scene.call(`DELETE ${semaphores}/task-cap`);
  expect(await semaphore("task-cap")).toMatchObject({ limit: null, isSet: false });
});

test("what is wrong with a semaphore is said", async () => {
  const bad = async (name: string, body: object) =>
    (await scene.call(`PUT ${semaphores}/${name}`, body)).body;
  expect((await bad("licence", {})).error.message).toMatch(/`limit` is missing; expected a number/);
  expect((await bad("licence", { limit: -1 })).error.message).toMatch(/`limit` is -1; expected at least 0/);
  expect((await bad("the%20licence", { limit: 1 })).error.message).toMatch(/`semaphore` is "the licence"/);
  const lane = await bad("lane.helth-check", { limit: 1 });
  expect(lane.error.code).toBe("request_invalid");
  expect(lane.error.message).toMatch(
    /expected one of the lanes lane\.deploy.*did you mean "lane\.health-check"/,
  );
});

test("a scope is clear when nothing runs in it, and else it is told what does and until when", async () => {
  const empty = await clearance("");
  expect(empty).toMatchObject({ isClear: true, running: [], quarantines: [] });
  const id = await deploy();
  const { isClear, clearAt, running } = await clearance("?kinds=deploy,runbook&targets=web-1");
  expect(isClear).toBe(false);
  expect(Date.parse(clearAt ?? "")).toBeGreaterThan(Date.now());
  expect(running).toMatchObject([{ task: id, name: "shop", target: "web-1", state: "running" }]);
  expect(await clearance("?names=other")).toMatchObject({ isClear: true });
  expect(await clearance("?tags=database")).toMatchObject({ isClear: true });
});

test("an empty list in a query of clearance is refused: it would mean all in a scope, and none in a query", async () => {
  const { status, body } = await scene.call("GET /v1/default/clearance?targets=");
  expect([status, body.error.code]).toEqual([400, "request_invalid"]);
  expect(body.error.message).toContain("leave it out for all");
  const kind = await scene.call("GET /v1/default/clearance?kinds=deploi");
  expect(kind.body.error.message).toContain('did you mean "deploy"');
});

test("the clearance of a hold is that of its scope, and tells whether the hold is active yet", async () => {
  const id = await deploy();
  const from = new Date(Date.now() + 60_000).toISOString();
  const order = { owner: "ann", reason: "move", scope: { targets: ["web-1"] } };
  const { body: window } = await scene.call("POST /v1/default/holds", { ...order, from });
  const { body } = await scene.call(`GET /v1/default/holds/${window.id}/clearance`);
  expect(ClearanceView.parse(body)).toMatchObject({
    ...{ isClear: false, running: [{ task: id }] },
    hold: { id: window.id, active: false },
  });
  const gone = await scene.call("GET /v1/default/holds/h-9/clearance");
  expect([gone.status, gone.body.error.code]).toEqual([404, "hold_unknown"]);
});

test("a floating window stops only what takes longer", async () => {
  const order = { owner: "ann", reason: "backup", longerThanMs: 30_000 };
  const { status, body } = await scene.call("POST /v1/default/holds", order);
  expect([status, body.longerThanMs]).toEqual([201, 30_000]);
  const long = await scene.enqueue({ kind: "job", script, estimateMs: 60_000 });
  const short = await scene.enqueue({ kind: "job", script, estimateMs: 10_000 });
  const worker = await scene.serve("web-1");
  expect((await worker.delivery()).task).toBe(short);
  const { body: why } = await scene.call(`GET /v1/default/tasks/${long}/explain`);
  expect(why.legs[0].causes).toMatchObject([{ code: "held", blockers: [{ type: "hold", id: body.id }] }]);
});
