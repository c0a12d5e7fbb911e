import { bodyBytesMax, TaskView } from "@berth/protocol";
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

test.each<[string, object, string, number, RegExp]>([
  ["an unknown target", { target: "web-9" }, "target_unknown", 404, /"web-9"/],
  [
    "an unknown kind",
    { kind: "deplyo" },
    "request_invalid",
    400,
    /`kind` is "deplyo".*did you mean "deploy"/,
  ],
  [
    "a missing kind",
    { kind: undefined },
    "request_invalid",
    400,
    /`kind` is missing; expected one of deploy/,
  ],
  ["an unknown field", { timeoutMS: 5 }, "request_invalid", 400, /`timeoutMS` .*did you mean "timeoutMs"/],
  [
    "an unknown field below",
    { script: { txt: "x", text: "y" } },
    "request_invalid",
    400,
    /`script\.txt`.*"text"/,
  ],
  ["a field nobody could mean", { colour: "red" }, "request_invalid", 400, /`colour`.*known are kind, name/],
  ["a negative timeout", { timeoutMs: -5 }, "request_invalid", 400, /`timeoutMs` is -5; expected at least 1/],
  ["a timeout of text", { timeoutMs: "5 s" }, "request_invalid", 400, /is "5 s"; expected a number/],
  ["an endless timeout", { timeoutMs: 1e12 }, "request_invalid", 400, /expected at most 31622400000/],
  ["a missing script", { script: undefined }, "script_missing", 400, /give `script`/],
  ["an empty script", { script: { text: "" } }, "request_invalid", 400, /`script\.text`.*must not be empty/],
  ["a script and a handler", { handler: { name: "work" } }, "script_and_handler", 400, /both/],
  ["no target", { target: undefined }, "target_missing", 400, /give `target`/],
  ["a target and targets", { targets: ["web-1"] }, "target_missing", 400, /both `target` and `targets`/],
  [
    "several targets",
    { target: undefined, targets: ["web-1", "web-2"] },
    "several_targets_unsupported",
    400,
    /2/,
  ],
  [
    "a name that is none",
    { target: "web 1" },
    "request_invalid",
    400,
    /`target` is "web 1"; expected 1 to 100 letters/,
  ],
  [
    "a time without offset",
    { notBefore: "2031-05-06 07:08" },
    "request_invalid",
    400,
    /`notBefore`.*e\.g\. 2031/,
  ],
  ["a time that never comes", { notBefore: "2031-02-30T00:00:00Z" }, "request_invalid", 400, /`notBefore`/],
  [
    "a bad variable",
    { variables: { "1A": "x" } },
    "request_invalid",
    400,
    /`variables\.1A`.*a letter or an underscore/,
  ],
  [
    "too much isolation",
    { kind: "job", variables: { BerthMode: "exclusive" } },
    "mode_not_allowed",
    400,
    /BerthMode/,
  ],
])("%s is refused", async (_what, fields, code, status, message) => {
  const { status: given, body } = await scene.call(tasks, { ...deploy, ...fields });
  expect([given, body.error.code]).toEqual([status, code]);
  expect(body.error.message).toMatch(message);
});

test("all fields that are wrong are named at once", async () => {
  const { body } = await scene.call(tasks, { ...deploy, kind: "x", timeoutMs: 0, colour: "red" });
  expect(body.error.fields.map(({ path }: { path: string }) => path).sort()).toEqual([
    "colour",
    "kind",
    "timeoutMs",
  ]);
});

test("a body over 1 MiB is refused before it is read", async () => {
  const text = "x".repeat(bodyBytesMax);
  const { status, body } = await scene.call(tasks, { ...deploy, script: { text } });
  expect([status, body.error.code]).toEqual([413, "body_too_large"]);
  const declared = await scene.send(tasks, {
    headers: { "content-type": "application/json", "content-length": String(bodyBytesMax + 1) },
    payload: "{}",
  });
  expect(declared.status).toBe(413);
});

test.each<[string, string | Buffer, string]>([
  ["no JSON", "{kind: deploy}", "application/json"],
  ["cut JSON", '{"kind": "deploy"', "application/json"],
  ["no text", Buffer.from([0x7b, 0xff, 0x7d]), "application/json"],
  ["a form", "kind=deploy", "application/x-www-form-urlencoded"],
  ["plain text", JSON.stringify(deploy), "text/plain"],
])("a body that is %s is refused", async (_what, payload, type) => {
  const { status, body } = await scene.send(tasks, { payload, headers: { "content-type": type } });
  expect([status, body.error.code]).toEqual([400, "request_not_json"]);
});

test.each(["[1]", "null", "5", '"text"'])("a body that is %s and no object is refused", async (payload) => {
  const { status, body } = await scene.send(tasks, {
    payload,
    headers: { "content-type": "application/json" },
  });
  expect([status, body.error.code]).toEqual([400, "request_invalid"]);
  expect(body.error.message).toContain("expected an object");
});

test("a body without end in itself is refused and harms nobody", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const payload = `{"kind":"job","target":"web-1","handler":{"name":"work","input":${deep}}}`;
  const { status, body } = await scene.send(tasks, {
    payload,
    headers: { "content-type": "application/json" },
  });
  expect([status, body.error.code]).toEqual([400, "request_invalid"]);
});

test("a field named __proto__ changes nothing for others", async () => {
  const payload = `{"kind":"job","target":"web-1","handler":{"name":"work","input":{"__proto__":{"bad":1}}}}`;
  await scene.send(tasks, { payload, headers: { "content-type": "application/json" } });
  expect(({} as { bad?: number }).bad).toBeUndefined();
  const unknown = await scene.send(tasks, {
    payload: '{"__proto__":{"kind":"deploy"},"target":"web-1"}',
    headers: { "content-type": "application/json" },
  });
  expect(unknown.body.error.code).toBe("request_invalid");
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
