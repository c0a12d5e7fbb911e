import { BerthClient, BerthRequestError } from "@berth/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, cut, ok, raw, refused } from "../support/canned-api.ts";
import { aHold, aTask } from "../support/views.ts";
import { clientAgainst } from "./client-against.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const job = { kind: "job", target: "web-1", script: { text: "true" } } as const;
const enqueued = ok({ id: "t-1", existing: false, joined: null }, 201);
const enqueue = "POST /v1/default/tasks";

async function errorOf(call: Promise<unknown>): Promise<BerthRequestError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BerthRequestError);
  return error as BerthRequestError;
}

describe("an enqueue", () => {
  test("is sent again with the same idempotency key after a lost connection, an error of a proxy and a late answer", async () => {
    api.on(
      enqueue,
      cut,
      raw(502, "text/html", "<h1>Bad gateway</h1>"),
      refused("answer_late", "the dispatcher did not answer"),
      refused("not_owned", "nobody owns the space"),
      enqueued,
    );
    const { client, waits } = clientAgainst(api.url);
    expect(await client.enqueue(job)).toEqual({ id: "t-1", existing: false, joined: null });
    const bodies = api.requests(enqueue).map(({ body }) => body);
    expect(bodies).toHaveLength(5);
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ ...job, idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(waits).toHaveLength(4);
  });

  test("keeps the key of the caller, and two without a key have different ones", async () => {
    api.on(enqueue, enqueued);
    const { client } = clientAgainst(api.url);
    await client.enqueue({ ...job, idempotencyKey: "release-7" });
    await client.enqueue(job);
    await client.enqueue(job);
    const keys = api.requests(enqueue).map(({ body }) => (body as { idempotencyKey: string }).idempotencyKey);
    expect(keys[0]).toBe("release-7");
    expect(new Set(keys).size).toBe(3);
  });

  test("is not sent again when it was refused, and the refusal names its fields", async () => {
    const fields = [{ path: "target", message: "1 to 100 letters" }];
    api.on(enqueue, refused("request_invalid", "target is not a name", fields));
    const { client } = clientAgainst(api.url);
    const error = await errorOf(client.enqueue({ ...job, target: "web-1" }));
    expect(error).toMatchObject({ code: "request_invalid", status: 400, fields, attempts: 1 });
    expect(error.message).toBe("target is not a name");
    expect(api.requests(enqueue)).toHaveLength(1);
  });

  test("is given up after a number of attempts, and then tells where it went and what to do", async () => {
    api.on(enqueue, cut);
    const { client, waits } = clientAgainst(api.url, { retries: { attempts: 3 } });
    const error = await errorOf(client.enqueue(job));
    expect(error).toMatchObject({ code: "unreachable", status: null, attempts: 3 });
    expect(error.message).toContain(`${api.url} cannot be reached after 3 attempts`);
    expect(error.message).toContain("Check that the Berth API runs");
    expect(waits).toHaveLength(2);
  });

  test("waits longer each time, never longer than the limit, and never less than half of it", async () => {
    api.on(enqueue, refused("not_owned", "nobody owns the space"));
    const { client, waits } = clientAgainst(api.url, {
      retries: { attempts: 7, firstDelayMs: 100, delayMaxMs: 1000 },
    });
    expect(await errorOf(client.enqueue(job))).toMatchObject({ code: "not_owned", status: 503 });
    const fullWaits = [100, 200, 400, 800, 1000, 1000];
    expect(waits).toHaveLength(fullWaits.length);
    waits.forEach((waitMs, index) => {
      expect(waitMs).toBeGreaterThanOrEqual(fullWaits[index]! / 2);
      expect(waitMs).toBeLessThanOrEqual(fullWaits[index]!);
    });
  });

  test("waits for as long as the server asks, up to the limit", async () => {
    const busy = (seconds: string) => raw(503, "text/plain", "busy", { "retry-after": seconds });
    api.on(enqueue, busy("2"), busy("100"), enqueued);
    const { client, waits } = clientAgainst(api.url);
    await client.enqueue(job);
    expect(waits).toEqual([2000, 5000]);
  });

  test("ends with the reason of the caller's signal", async () => {
    api.on(enqueue, () => stop.abort(new Error("the request of my user is over")));
    const stop = new AbortController();
    const { client } = clientAgainst(api.url);
    await expect(client.enqueue(job, { signal: stop.signal })).rejects.toThrow(
      "the request of my user is over",
    );
  });
});

describe("other calls", () => {
  test("a hold is not placed twice when nobody knows whether it was placed", async () => {
    api.on("POST /v1/default/holds", cut);
    const { client } = clientAgainst(api.url);
    const error = await errorOf(client.holds.place({ owner: "ada", reason: "move" }));
    expect(error).toMatchObject({ code: "unreachable", attempts: 1 });
    expect(api.received).toHaveLength(1);
  });

  test("a hold is sent again when the server says that nothing was done", async () => {
    api.on("POST /v1/default/holds", refused("not_owned", "nobody owns the space"), ok(aHold(), 201));
    const { client } = clientAgainst(api.url);
    expect(await client.holds.place({ owner: "ada", reason: "move" })).toEqual(aHold());
  });

  test("a cancel that had arrived already is no error", async () => {
    const ended = refused("task_ended", "the task has ended");
    const canceled = aTask({ state: "canceled" });
    api.on("POST /v1/default/tasks/t-1/cancel", cut, ended).answer("GET /v1/default/tasks/t-1", canceled);
    const { client } = clientAgainst(api.url);
    expect(await client.cancel("t-1", { by: "ada", reason: "wrong version" })).toEqual(canceled);
    expect(await errorOf(client.cancel("t-1"))).toMatchObject({ code: "task_ended", status: 409 });
  });

  test("an answer that is too late counts as none", async () => {
    api.on("GET /v1/default/tasks/t-1", () => {}, ok(aTask()));
    const { client } = clientAgainst(api.url, { timeoutMs: 200 });
    expect(await client.task("t-1")).toEqual(aTask());
  });
});

describe("errors", () => {
  test("a server that does not run is named with what to do", async () => {
    const url = api.url;
    await api.stop();
    const { client } = clientAgainst(url, { retries: { attempts: 2 } });
    const error = await errorOf(client.task("t-1"));
    expect(error.message).toBe(
      `${url} cannot be reached after 2 attempts: nothing listens there (ECONNREFUSED). ` +
        "Check that the Berth API runs and that this is its address.",
    );
    api = await CannedApi.start();
  });

  test("a server that is not Berth is told from one that is", async () => {
    api.on("GET /v1/default/tasks/t-1", raw(200, "text/html; charset=utf-8", "<h1>Welcome</h1>"));
    const { client } = clientAgainst(api.url);
    const error = await errorOf(client.task("t-1"));
    expect(error).toMatchObject({ code: "answer_unreadable", status: 200 });
    expect(error.message).toContain(`${api.url} answered 200 with text/html`);
  });

  test("a code that this client does not know comes through", async () => {
    const body = { error: { code: "moon_full", message: "not at full moon" } };
    api.on("GET /v1/default/tasks/t-1", ok(body, 418));
    const { client } = clientAgainst(api.url);
    expect(await errorOf(client.task("t-1"))).toMatchObject({ code: "moon_full", status: 418 });
  });

  test.each(["", "web-1:7070", "ftp://berth.example"])("%j is not the address of an API", (url) => {
    expect(() => new BerthClient({ url })).toThrow(
      expect.objectContaining({ code: "url_invalid", message: expect.stringContaining(`"${url}"`) }),
    );
  });
});
