import { type PageView, ScheduleRequest, ScheduleView, type TaskView } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const nightly = "/v1/default/schedules/nightly";
const task = { kind: "job", name: "backup", target: "web-1", script: { text: "./backup.sh" } };
const hourMs = 3_600_000;

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
  await scene.call("PUT /v1/default/targets/web-1");
});

afterEach(async () => {
  await scene.close();
});

test("a schedule is made, shown, listed and removed", async () => {
  const request = { cron: "30 3 * * 1-5", timeZone: "Europe/Berlin", owner: "ann", task };
  const put = await scene.call(`PUT ${nightly}`, request);
  expect(put.status).toBe(200);
  const view = ScheduleView.parse(put.body);
  expect(view).toMatchObject({ ...request, name: "nightly", missed: "skip", overlap: "skip", paused: false });
  expect(Date.parse(view.nextAt ?? "")).toBeGreaterThan(Date.now());
  expect((await scene.call(`GET ${nightly}`)).body).toEqual(put.body);
  expect((await scene.call("GET /v1/default/schedules")).body).toEqual({ items: [put.body], next: null });
  expect((await scene.call(`DELETE ${nightly}`)).status).toBe(204);
  const gone = await scene.call(`DELETE ${nightly}`);
  expect([gone.status, gone.body.error.code]).toEqual([404, "schedule_unknown"]);
});

test("what is shown of a schedule can be put again, with any of it changed", async () => {
  const script = { interpreter: "bash", text: "true", arguments: [] };
  const steps = [
    { name: "prepare", script, awaitsChildren: false },
    {
      name: "finish",
      handler: { name: "finish", input: 7 },
      awaitsChildren: true,
      onChildFailure: "continue",
    },
  ];
  await scene.call("PUT /v1/default/targets/web-2");
  const full = {
    ...{ kind: "runbook", name: "patch", targets: ["web-1", "web-2"], mutex: "disk", priority: "low" },
    ...{ steps, slotScope: "step", variables: { COLOUR: "red" }, labels: { team: "shop" } },
    ...{
      rollout: { type: "rolling", window: 1, failuresMax: 1 },
      semaphores: ["licence"],
      supersedes: "patch",
    },
    ...{ spreadMs: 1000, queueExpiryMs: 2000, timeoutMs: 3000, estimateMs: 4000, cancelGraceMs: 5000 },
    requestedBy: "ann",
  };
  const anchor = "2031-05-06T07:08:09.000Z";
  const request = { everyMs: hourMs, anchor, missed: "once", overlap: "queue", owner: "ann", task: full };
  const { body } = await scene.call(`PUT ${nightly}`, request);
  expect(body).toMatchObject({ ...request, paused: false });
  expect(body.task).toEqual(full);
  const { name: _name, nextAt: _nextAt, lastTask: _lastTask, ...shown } = body;
  expect(ScheduleRequest.parse(shown)).toEqual(shown);
  const paused = await scene.call(`PUT ${nightly}`, { ...shown, paused: true });
  expect(paused.body).toEqual({ ...body, paused: true, nextAt: null });
  const resumed = await scene.call(`PUT ${nightly}`, shown);
  expect(resumed.body).toEqual(body);
});

test("the same request again leaves the times of a schedule as they are", async () => {
  const request = { everyMs: hourMs, owner: "ann", task };
  const first = await scene.call(`PUT ${nightly}`, request);
  expect(Date.parse(first.body.nextAt) - Date.parse(first.body.anchor)).toBe(hourMs);
  const again = await scene.call(`PUT ${nightly}`, request);
  expect(again.body).toEqual(first.body);
});

test("a schedule may be anchored before 1970: only its phase counts", async () => {
  const anchor = "1969-12-31T23:15:00Z";
  const { body } = await scene.call(`PUT ${nightly}`, { everyMs: hourMs, anchor, owner: "ann", task });
  expect(new Date(body.nextAt).getUTCMinutes()).toBe(15);
});

test("a schedule enqueues its task, which tells where it comes from", async () => {
  // One of its times is about to come.
  const anchor = new Date(Date.now() + 50).toISOString();
  await scene.call(`PUT ${nightly}`, { everyMs: hourMs, anchor, owner: "ann", task });
  const worker = await scene.serve("web-1");
  const delivery = await worker.delivery();
  expect(delivery).toMatchObject({ name: "backup", payload: { script: task.script } });
  const { body } = await scene.call("GET /v1/default/tasks?schedule=nightly");
  expect((body as PageView<TaskView>).items).toMatchObject([{ id: delivery.task, schedule: "nightly" }]);
  expect((await scene.call(`GET ${nightly}`)).body.lastTask).toBe(delivery.task);
  const { body: one } = await scene.call(`GET /v1/default/tasks/${delivery.task}`);
  expect(one.payload.script.text).toBe("./backup.sh");
});

test.each<[string, object, string, RegExp]>([
  ["no times", {}, "schedule_invalid", /neither `everyMs` nor `cron`/],
  [
    "two kinds of times",
    { everyMs: hourMs, cron: "@daily" },
    "schedule_invalid",
    /both `everyMs` and `cron`/,
  ],
  ["an anchor for cron", { cron: "@daily", anchor: "2031-01-01T00:00:00Z" }, "schedule_invalid", /`anchor`/],
  ["a zone for everyMs", { everyMs: hourMs, timeZone: "UTC" }, "schedule_invalid", /`timeZone`/],
  ["times too close", { everyMs: 999 }, "request_invalid", /`everyMs` is 999; expected at least 1000/],
  ["no cron", { cron: "often" }, "schedule_invalid", /cron "often" cannot be read; expected minute, hour/],
  ["a day that never comes", { cron: "0 0 30 2 *" }, "schedule_invalid", /never comes/],
  ["no zone", { cron: "@daily", timeZone: "Mars" }, "schedule_invalid", /no time zone "Mars"/],
  ["no owner", { cron: "@daily", owner: "" }, "request_invalid", /needs an owner/],
  ["a parent", { cron: "@daily", task: { ...task, parent: "t-1" } }, "request_invalid", /`task\.parent`/],
  [
    "nothing to run",
    { cron: "@daily", task: { ...task, script: undefined } },
    "script_missing",
    /a job needs something to run/,
  ],
])("a schedule with %s is refused", async (_what, fields, code, message) => {
  const { status, body } = await scene.call(`PUT ${nightly}`, { owner: "ann", task, ...fields });
  expect([status, body.error.code]).toEqual([400, code]);
  expect(body.error.message).toMatch(message);
  expect((await scene.call("GET /v1/default/schedules")).body.items).toEqual([]);
});

test("a schedule that there is not is unknown, and a near one is named", async () => {
  await scene.call(`PUT ${nightly}`, { cron: "@daily", owner: "ann", task });
  const { status, body } = await scene.call("GET /v1/default/schedules/nigthly");
  expect([status, body.error.code]).toEqual([404, "schedule_unknown"]);
  expect(body.error.message).toContain('did you mean "nightly"');
  const bad = await scene.call("PUT /v1/default/schedules/every%20night", {
    cron: "@daily",
    owner: "ann",
    task,
  });
  expect(bad.body.error.message).toMatch(/`schedule` is "every night"/);
});
