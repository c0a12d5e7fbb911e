import { once } from "node:events";
import { connect } from "node:net";
import { BerthError, ErrorBody } from "@berth/protocol";
import { StoreError } from "@berth/store";
import { afterEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

let scene: ApiScene | null = null;

afterEach(async () => {
  await scene?.close();
  scene = null;
});

async function open(options: Parameters<typeof ApiScene.open>[0] = {}): Promise<ApiScene> {
  scene = await ApiScene.open(options);
  return scene;
}

test("a server with an owner and a store is alive and ready", async () => {
  const { call } = bound(await open());
  expect((await call("GET /healthz")).body).toEqual({ status: "alive" });
  expect((await call("GET /readyz")).body).toEqual({ status: "ready" });
});

test("a server whose space nobody owns is alive and not ready", async () => {
  const { call } = bound(await open({ owner: "none" }));
  expect((await call("GET /healthz")).status).toBe(200);
  const { status, body, headers } = await call("GET /readyz");
  expect([status, body.error.code, headers["retry-after"]]).toEqual([503, "not_ready", "1"]);
  expect(body.error.message).toContain('the owner of space "default" fails');
});

test("an owner that does not answer is waited for, but not for long", async () => {
  const opened = await open({ owner: "none", api: { readyTimeoutMs: 5 } });
  const inbox = opened.names.inbox("default");
  await opened.broker.declareQueue(inbox, { deadLetterQueue: null, lifetime: "durable" });
  expect((await opened.call("GET /readyz")).body.error.message).toContain("does not answer in 5 ms");
});

test("an owner that does not answer a command is late", async () => {
  const opened = await open({ owner: "none", answerTimeoutMs: 5 });
  const inbox = opened.names.inbox("default");
  await opened.broker.declareQueue(inbox, { deadLetterQueue: null, lifetime: "durable" });
  const { status, body } = await opened.call("PUT /v1/default/targets/web-1");
  expect([status, body.error.code]).toEqual([504, "answer_late"]);
});

test("an address that does not exist is unknown, in the same form as every error", async () => {
  const { call } = bound(await open());
  for (const address of [
    "GET /",
    "GET /v2/default/tasks",
    "PATCH /v1/default/tasks",
    "GET /v1/default/task?a=b",
  ]) {
    const { status, body } = await call(address);
    expect([status, body.error.code]).toEqual([404, "route_unknown"]);
  }
  expect((await call("GET /v1/default/task?a=b")).body.error.message).toContain(
    "there is no GET /v1/default/task;",
  );
});

test("an address that is none is refused, and a slash at its end does no harm", async () => {
  const { call } = bound(await open());
  for (const address of [
    "GET /v1/default/tasks/%zz",
    "GET /v1/%zz/tasks",
    `GET /v1/default/tasks/${"x".repeat(600)}`,
  ]) {
    const { status, body } = await call(address);
    expect([status, body.error.code]).toEqual([400, "request_invalid"]);
  }
  expect((await call("GET /v1/default/tasks/")).body.items).toEqual([]);
});

test("what is not HTTP is answered in the same form, and a body that is too large is not waited for", async () => {
  const { app } = await open();
  const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  const post = "POST /v1/default/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  const large = `${post}content-length: 50000000\r\n\r\n{`;
  for (const [text, status, code] of [
    ["nonsense\r\n\r\n", "400", "request_invalid"],
    [`GET / HTTP/1.1\r\nbig: ${"x".repeat(20_000)}\r\n\r\n`, "400", "request_invalid"],
    [large, "413", "body_too_large"],
  ] as const) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(ErrorBody.parse(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).error.code).toBe(code);
  }
});

test("a connection that was opened ahead of need does not hold up the close", async () => {
  const { app } = await open();
  const accepted = once(app.server, "connection");
  const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  const unused = connect(Number(port), "127.0.0.1");
  await accepted;
  await Promise.all([app.close(), once(unused.resume(), "close")]);
});

test("a space that does not exist is unknown, whatever is asked of it", async () => {
  const { call } = bound(await open());
  for (const address of [
    "GET /v1/defualt/tasks",
    "POST /v1/defualt/tasks",
    "GET /v1/defualt/tasks/t-1/events",
  ]) {
    const { status, body } = await call(address);
    expect([status, body.error.code]).toEqual([404, "space_unknown"]);
    expect(body.error.message).toContain('did you mean "default"');
  }
});

test("a defect is told by the request's name only, and logged with its cause", async () => {
  const opened = await open();
  opened.store.targets = () => Promise.reject(new Error("secret detail"));
  const { status, body } = await opened.call("GET /v1/default/targets");
  expect([status, body.error.code]).toEqual([500, "internal"]);
  expect(JSON.stringify(body)).not.toContain("secret");
  const logged = opened.logged.find(({ level }) => level === 50);
  expect(logged).toMatchObject({ err: { message: "secret detail" } });
  expect(body.error.message).toContain(String(logged?.request));
});

test("a store that is gone is unavailable", async () => {
  const opened = await open();
  opened.store.targets = () => Promise.reject(new StoreError("store_unreachable", "no answer from 10.0.0.7"));
  const { status, body } = await opened.call("GET /v1/default/targets");
  expect([status, body.error.code]).toEqual([503, "store_unavailable"]);
  expect(body.error.message).not.toContain("10.0.0.7");
});

test("a refusal keeps its code, its message and its status", async () => {
  const opened = await open();
  opened.inbox.request = () => Promise.reject(new BerthError("not_owned", "nobody owns it"));
  const { status, body } = await opened.call("PUT /v1/default/targets/web-1");
  expect([status, body]).toEqual([503, { error: { code: "not_owned", message: "nobody owns it" } }]);
});

test("requests are logged at the level debug, without what they bring", async () => {
  const opened = await open();
  await opened.call("PUT /v1/default/targets/web-1", { tags: ["private"] });
  expect(opened.logged).toContainEqual(
    expect.objectContaining({ level: 20, method: "PUT", url: "/v1/default/targets/web-1", status: 200 }),
  );
  expect(JSON.stringify(opened.logged)).not.toContain("private");
});

test("answers are for programs: no page may frame, guess or keep them", async () => {
  const { call } = bound(await open());
  expect((await call("GET /healthz")).headers).toMatchObject({
    ...{ "cache-control": "no-store", "x-content-type-options": "nosniff" },
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  });
});

test("pages of other sites are refused, programs and own pages are not", async () => {
  const { call } = bound(await open());
  for (const site of ["cross-site", "same-site"]) {
    const { status, body } = await call("POST /v1/default/tasks", {}, { "sec-fetch-site": site });
    expect([status, body.error.code]).toEqual([403, "cross_site_request"]);
  }
  for (const site of ["same-origin", "none"]) {
    expect((await call("GET /v1/default/tasks", undefined, { "sec-fetch-site": site })).status).toBe(200);
  }
});

test("a name that the server does not know is refused, where it knows its names", async () => {
  const { call } = bound(await open({ api: { hosts: ["localhost", "127.0.0.1"] } }));
  const { status, body } = await call("GET /v1/default/tasks", undefined, { host: "evil.example:7070" });
  expect([status, body.error.code]).toEqual([421, "host_unknown"]);
  expect((await call("GET /v1/default/tasks", undefined, { host: "localhost:7070" })).status).toBe(200);
});

test("the description names every address, and what its requests may bring", async () => {
  const { call } = bound(await open());
  const { body } = await call("GET /v1/openapi.json");
  const addresses = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(addresses).toHaveLength(38);
  const enqueue = body.paths["/v1/{space}/tasks"].post;
  expect(enqueue.requestBody.content["application/json"].schema.required).toEqual(["kind"]);
  const list = body.paths["/v1/{space}/tasks"].get;
  expect(list.parameters.map(({ name }: { name: string }) => name)).toContain("queuedFrom");
});

function bound(opened: ApiScene): { call: ApiScene["call"] } {
  return { call: opened.call.bind(opened) };
}
