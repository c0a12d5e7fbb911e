// What is refused changes nothing, so that one scene serves all of these.
import { bodyBytesMax } from "@berth/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const tasks = "POST /v1/default/tasks";
const deploy = { kind: "deploy", name: "shop", target: "web-1", script: { text: "echo hello" } };

let scene: ApiScene;

beforeAll(async () => {
  scene = await ApiScene.open();
  await scene.call("PUT /v1/default/targets/web-1");
});

afterAll(async () => {
  await scene.close();
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
    "a target that is named twice",
    { target: undefined, targets: ["web-1", "web-2", "web-1"] },
    "target_repeated",
    400,
    /"web-1" is named twice/,
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
    "a rollout that there is not",
    { rollout: { type: "rollling" } },
    "request_invalid",
    400,
    /`rollout\.type` is "rollling"; expected one of rolling, together; did you mean "rolling"/,
  ],
  [
    "a rollout of no type",
    { rollout: { window: 2 } },
    "request_invalid",
    400,
    /`rollout\.type` is missing; expected one of rolling, together/,
  ],
  [
    "a semaphore that is named twice",
    { semaphores: ["database", "database"] },
    "request_invalid",
    400,
    /`semaphores` is a list of 2; expected each name once/,
  ],
  [
    "a semaphore of the space",
    { semaphores: ["task-cap"] },
    "semaphore_not_allowed",
    400,
    /task-cap is one of the space itself/,
  ],
  [
    "a misspelled field of a step",
    { script: undefined, steps: [{ name: "one", scrip: { text: "x" } }] },
    "request_invalid",
    400,
    /`steps\[0\]\.scrip`.*did you mean "script"/,
  ],
  [
    "a step with nothing to run",
    { script: undefined, steps: [{ name: "one" }] },
    "script_missing",
    400,
    /step "one" needs something to run/,
  ],
  [
    "a start together that is spread out",
    { rollout: { type: "together" }, spreadMs: 1000 },
    "plan_contradictory",
    400,
    /together and spread out/,
  ],
  ["a parent that there is not", { parent: "t-9" }, "parent_unknown", 404, /t-9/],
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

test.each<[string, string, RegExp]>([
  ["state=wating", "request_invalid", /`state\[0\]` is "wating".*did you mean "waiting"/],
  ["sort=up", "request_invalid", /`sort` is "up"; expected one of newest, oldest/],
  ["limit=0", "request_invalid", /`limit` is "?0"?; expected at least 1/],
  ["limit=1001", "request_invalid", /`limit`.*at most 1000/],
  ["limit=ten", "request_invalid", /`limit` is "ten"; expected a whole number/],
  ["limit=1&limit=2", "request_invalid", /`limit` is "1,2"/],
  ["states=waiting", "request_invalid", /`states`.*did you mean "state"/],
  ["cursor=nonsense", "cursor_invalid", /cursor/],
  ["queuedFrom=yesterday", "request_invalid", /`queuedFrom` is "yesterday"; expected a time of ISO 8601/],
  ["queuedFrom=2031-01-01T00:00:00", "request_invalid", /`queuedFrom`.*offset/],
  ["queuedFrom=2031-01-02T00:00:00Z&queuedBefore=2031-01-01T00:00:00Z", "request_invalid", /is not before/],
])("the query %s is refused", async (query, code, message) => {
  const { status, body } = await scene.call(`GET /v1/default/tasks?${query}`);
  expect([status, body.error.code]).toEqual([400, code]);
  expect(body.error.message).toMatch(message);
});

test("a plus sign of an offset that was not escaped is understood", async () => {
  const { status } = await scene.call(`GET /v1/default/tasks?queuedFrom=2031-01-01T00:00:00+01:00`);
  expect(status).toBe(200);
});

test("a task that does not exist is unknown, whatever is asked of it", async () => {
  const calls = [
    "GET ",
    "GET /log",
    "GET /explain",
    "GET /events",
    "POST /cancel",
    "POST /release",
    "POST /discard",
  ];
  for (const id of ["t-nobody", "not%20an%20id"]) {
    for (const call of calls) {
      const [method, path] = call.split(" ");
      const { status, body } = await scene.call(`${method} /v1/default/tasks/${id}${path}`);
      expect([call, status, body.error.code]).toEqual([call, 404, "task_unknown"]);
    }
  }
  expect((await scene.call("GET /v1/default/oops")).body.items).toEqual([]);
});

test.each<[object, string, RegExp]>([
  [{ reason: "move" }, "request_invalid", /`owner` is missing/],
  [{ owner: "", reason: "move" }, "request_invalid", /whom may one ask/],
  [{ owner: "ann", reason: "move", until: "tomorrow" }, "request_invalid", /`until` is "tomorrow"/],
  [{ owner: "ann", reason: "move", until: "1960-01-01T00:00:00Z" }, "hold_ends_before_it_starts", /until/],
  [
    { owner: "ann", reason: "move", from: "2032-01-01T00:00:00Z", until: "2031-01-01T00:00:00Z" },
    "hold_ends_before_it_starts",
    /later than from/,
  ],
  [{ owner: "ann", reason: "move", scope: { kind: ["deploy"] } }, "request_invalid", /did you mean "kinds"/],
])("the hold %j is refused", async (hold, code, message) => {
  const { status, body } = await scene.call("POST /v1/default/holds", hold);
  expect([status, body.error.code]).toEqual([400, code]);
  expect(body.error.message).toMatch(message);
});

test.each([
  "from=now",
  "cursor=x",
  "limit=-1",
  "from=2031-01-02T00:00:00Z&before=2031-01-01T00:00:00Z",
  "kind=job",
])("the query %s for OOPS is refused", async (query) => {
  expect((await scene.call(`GET /v1/default/oops?${query}`)).status).toBe(400);
});

test.each<[object, RegExp]>([
  [{}, /either `tasks`, a list of ids, or `all`/],
  [{ all: true, tasks: ["t-1"] }, /either `tasks`/],
  [{ all: false }, /`all` is false; expected true/],
  [{ tasks: ["t-1"], name: "one" }, /`name`.*does not go with `tasks`/],
  [{ tasks: "t-1" }, /`tasks` is "t-1"; expected a list/],
  [{ task: ["t-1"] }, /did you mean "tasks"/],
])("the selection %j is refused", async (selection, message) => {
  const { status, body } = await scene.call("POST /v1/default/dead-letters/release", selection);
  expect([status, body.error.code]).toEqual([400, "request_invalid"]);
  expect(body.error.message).toMatch(message);
});
