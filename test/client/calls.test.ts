import type { TaskRequestInput } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, ok, refused } from "../support/canned-api.ts";
import { collect } from "../support/collect.ts";
import {
  aDeadLetter,
  aHold,
  aLine,
  anExplanation,
  anOops,
  aSummary,
  aTarget,
  aTask,
} from "../support/views.ts";
import { clientAgainst } from "./client-against.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });

describe("tasks", () => {
  test("a filter becomes a query", async () => {
    api.answer("GET /v1/default/tasks", page([aTask()], "c-2"));
    const { client } = clientAgainst(api.url);
    const answer = await client.tasks({
      states: ["waiting", "running"],
      kinds: ["deploy"],
      name: "shop & more",
      queuedFrom: new Date("2026-03-01T00:00:00Z"),
      sort: "oldest",
      limit: 5,
    });
    expect(answer).toEqual(page([aTask()], "c-2"));
    expect(api.received[0]?.query).toEqual({
      state: "waiting,running",
      kind: "deploy",
      name: "shop & more",
      queuedFrom: "2026-03-01T00:00:00.000Z",
      sort: "oldest",
      limit: "5",
    });
  });

  test("an empty list matches nothing, and does not ask for everything", async () => {
    const { client } = clientAgainst(api.url);
    expect(await client.tasks({ ids: [] })).toEqual(page([]));
    expect(await collect(client.eachTask({ states: [] }))).toEqual([]);
    expect(api.received).toEqual([]);
  });

  test("each task of all pages comes once, and no page is asked for before it is wanted", async () => {
    api.answer(
      "GET /v1/default/tasks",
      page([aTask({ id: "t-1" }), aTask({ id: "t-2" })], "c-2"),
      page([aTask({ id: "t-3" })]),
    );
    const { client } = clientAgainst(api.url);
    const ids: string[] = [];
    for await (const { id } of client.eachTask({ kinds: ["deploy"] })) {
      ids.push(id);
      if (id === "t-2") expect(api.received).toHaveLength(1);
    }
    expect(ids).toEqual(["t-1", "t-2", "t-3"]);
    expect(api.received.map(({ query }) => query)).toEqual([
      { kind: "deploy" },
      { kind: "deploy", cursor: "c-2" },
    ]);
  });

  test("one task, its log and why it waits are read", async () => {
    const log = { lines: [aLine(1, "hello")], next: 1, complete: false };
    api
      .answer("GET /v1/default/tasks/t-1", aTask())
      .answer("GET /v1/default/tasks/t-1/log", log)
      .answer("GET /v1/default/tasks/t-1/explain", anExplanation());
    const { client } = clientAgainst(api.url);
    expect(await client.task("t-1")).toEqual(aTask());
    expect(await client.log("t-1", { after: 0, limit: 10 })).toEqual(log);
    expect(await client.explain("t-1")).toEqual(anExplanation());
    expect(api.received[1]?.query).toEqual({ after: "0", limit: "10" });
  });

  test("orders to a task carry who gave them and why", async () => {
    for (const verb of ["cancel", "prioritize", "release", "discard"]) {
      api.answer(`POST /v1/default/tasks/t-1/${verb}`, aTask());
    }
    const { client } = clientAgainst(api.url);
    expect(await client.cancel("t-1", { by: "ada", reason: "wrong version" })).toEqual(aTask());
    await client.prioritize("t-1", "top");
    await client.release("t-1", { by: "ada" });
    await client.discard("t-1", { by: "ada", reason: "not needed" });
    expect(api.received.map(({ body }) => body)).toEqual([
      { by: "ada", reason: "wrong version" },
      { priority: "top" },
      { by: "ada" },
      { by: "ada", reason: "not needed" },
    ]);
  });
});

describe("many tasks at once", () => {
  const tasks = (count: number, bytes = 1): TaskRequestInput[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: "job",
      target: "web-1",
      script: { text: "x".repeat(bytes) },
      idempotencyKey: `key-${index}`,
    }));
  const batch = "POST /v1/default/tasks/batch";
  const sizes = () => api.requests(batch).map(({ body }) => (body as { tasks: unknown[] }).tasks.length);
  const answerEach = () =>
    api.on(batch, (response, request) => {
      const { tasks: given } = request.body as { tasks: { idempotencyKey: string }[] };
      ok({
        tasks: given.map(({ idempotencyKey }) => ({ id: idempotencyKey, existing: false, joined: null })),
      })(response, request);
    });

  test("are sent in as few batches as the API allows, by number and by size", async () => {
    answerEach();
    const { client } = clientAgainst(api.url);
    const entries = await client.enqueueMany(tasks(2001));
    expect(sizes()).toEqual([1000, 1000, 1]);
    expect(entries.map((entry) => ("id" in entry ? entry.id : "refused"))).toEqual(
      tasks(2001).map(({ idempotencyKey }) => idempotencyKey),
    );
    api.received.length = 0;
    await client.enqueueMany(tasks(5, 400_000));
    expect(sizes()).toEqual([2, 2, 1]);
  });

  test("each without a key gets its own", async () => {
    answerEach();
    const { client } = clientAgainst(api.url);
    const entries = await client.enqueueMany(tasks(3).map(({ idempotencyKey: _, ...task }) => task));
    expect(new Set(entries.map((entry) => ("id" in entry ? entry.id : ""))).size).toBe(3);
  });

  test("of which a later batch fails are not forgotten", async () => {
    const all = Array.from({ length: 1000 }, (_, index) => ({
      id: `t-${index}`,
      existing: false,
      joined: null,
    }));
    api.on(batch, ok({ tasks: all }), refused("not_owned", "nobody owns the space"));
    const { client } = clientAgainst(api.url, { retries: { attempts: 2 } });
    const entries = await client.enqueueMany(tasks(1001));
    expect(entries[999]).toEqual(all[999]);
    expect(entries[1000]).toEqual({ error: { code: "not_owned", message: "nobody owns the space" } });
  });

  test("of which nothing was enqueued are an error", async () => {
    api.on(batch, refused("not_owned", "nobody owns the space"));
    const { client } = clientAgainst(api.url, { retries: { attempts: 2 } });
    await expect(client.enqueueMany(tasks(3))).rejects.toMatchObject({ code: "not_owned" });
  });

  test("may be none", async () => {
    const { client } = clientAgainst(api.url);
    expect(await client.enqueueMany([])).toEqual([]);
  });
});

describe("everything else", () => {
  test("targets are listed, read, put, removed, and their slots opened again", async () => {
    api
      .answer("GET /v1/default/targets", page([aTarget()]))
      .answer("GET /v1/default/targets/web-1", aTarget())
      .answer("PUT /v1/default/targets/web-1", aTarget({ tags: ["web"] }))
      .on("DELETE /v1/default/targets/web-1", nothing)
      .on("POST /v1/default/targets/web-1/quarantines/script/release", nothing);
    const { client } = clientAgainst(api.url);
    expect(await client.targets.list()).toEqual([aTarget()]);
    expect(await client.targets.get("web-1")).toEqual(aTarget());
    expect(await client.targets.put("web-1", { tags: ["web"] })).toEqual(aTarget({ tags: ["web"] }));
    await client.targets.remove("web-1");
    await client.targets.releaseQuarantine("web-1", "script", { by: "ada", note: "looked at it" });
    expect(api.received.at(-1)?.body).toEqual({ by: "ada", note: "looked at it" });
  });

  test("holds are listed, placed and lifted", async () => {
    api
      .answer("GET /v1/default/holds", page([aHold()]))
      .answer("POST /v1/default/holds", aHold())
      .on("POST /v1/default/holds/h-1/lift", nothing);
    const { client } = clientAgainst(api.url);
    expect(await client.holds.list()).toEqual([aHold()]);
    const until = new Date("2026-03-02T00:00:00Z");
    await client.holds.place({ scope: { targets: ["web-1"] }, owner: "ada", reason: "move", until });
    expect(api.received.at(-1)?.body).toEqual({
      scope: { targets: ["web-1"] },
      owner: "ada",
      reason: "move",
      until: "2026-03-02T00:00:00.000Z",
    });
    await client.holds.lift("h-1", { by: "ada" });
    expect(api.received.at(-1)?.body).toEqual({ by: "ada" });
  });

  test("it is asked whether it is safe yet, in a scope and in that of a hold", async () => {
    const clear = { isClear: true, clearAt: "2026-03-01T12:00:00.000Z", running: [], quarantines: [] };
    api.answer("GET /v1/default/clearance", clear).answer("GET /v1/default/holds/h-1/clearance", clear);
    const { client } = clientAgainst(api.url);
    expect(await client.clearance({ kinds: ["deploy", "runbook"], tags: [], targets: ["web-1"] })).toEqual(
      clear,
    );
    expect(api.received.at(-1)?.query).toEqual({ kinds: "deploy,runbook", targets: "web-1" });
    expect(await client.holds.clearance("h-1")).toEqual(clear);
  });

  test("semaphores are listed, set and taken back", async () => {
    const semaphore = { name: "db", limit: 3, held: 1, isSet: true };
    api
      .answer("GET /v1/default/semaphores", page([semaphore]))
      .answer("PUT /v1/default/semaphores/db", semaphore)
      .on("DELETE /v1/default/semaphores/db", nothing);
    const { client } = clientAgainst(api.url);
    expect(await client.semaphores.list()).toEqual([semaphore]);
    expect(await client.semaphores.put("db", 3)).toEqual(semaphore);
    expect(api.received.at(-1)?.body).toEqual({ limit: 3 });
    await client.semaphores.remove("db");
    expect(api.received.at(-1)?.method).toBe("DELETE");
  });

  test("schedules are listed, read, put and removed", async () => {
    const task = { kind: "job", name: "nightly", target: "web-1", script: { text: "true" } } as const;
    const request = { cron: "0 3 * * *", timeZone: "Europe/Berlin", owner: "ada", task } as const;
    const schedule = { ...request, name: "nightly", nextAt: "2026-03-02T02:00:00.000Z", lastTask: null };
    api
      .answer("GET /v1/default/schedules", page([schedule]))
      .answer("GET /v1/default/schedules/nightly", schedule)
      .answer("PUT /v1/default/schedules/nightly", schedule)
      .on("DELETE /v1/default/schedules/nightly", nothing);
    const { client } = clientAgainst(api.url);
    expect(await client.schedules.list()).toMatchObject([schedule]);
    expect(await client.schedules.get("nightly")).toMatchObject(schedule);
    expect(await client.schedules.put("nightly", request)).toMatchObject(schedule);
    expect(api.received.at(-1)?.body).toEqual(request);
    await client.schedules.remove("nightly");
    expect(api.received.at(-1)?.method).toBe("DELETE");
  });

  test("a person says how a parked task ended", async () => {
    api.answer("POST /v1/default/tasks/t-1/decide", aTask({ state: "succeeded" }));
    const { client } = clientAgainst(api.url);
    const task = await client.decide("t-1", { result: "succeeded", reason: "the site is up", by: "ada" });
    expect(task.state).toBe("succeeded");
    expect(api.received.at(-1)?.body).toEqual({ result: "succeeded", reason: "the site is up", by: "ada" });
  });

  test("OOPS are listed and read", async () => {
    api
      .answer("GET /v1/default/oops", page([anOops()], "c"), page([anOops({ id: "OOPS-2" })]))
      .answer("GET /v1/default/oops/OOPS-1", anOops());
    const { client } = clientAgainst(api.url);
    const records = await collect(client.oops.each({ target: "web-1" }));
    expect(records.map(({ id }) => id)).toEqual(["OOPS-1", "OOPS-2"]);
    expect(api.received[1]?.query).toEqual({ target: "web-1", cursor: "c" });
    expect(await client.oops.get("OOPS-1")).toEqual(anOops());
  });

  test("dead letters are listed, released and discarded, some or all", async () => {
    const outcome = { tasks: [{ task: "t-1", error: null }] };
    api
      .answer("GET /v1/default/dead-letters", page([aDeadLetter()], "c"), page([aDeadLetter({ id: "t-2" })]))
      .answer("POST /v1/default/dead-letters/release", outcome)
      .answer("POST /v1/default/dead-letters/discard", outcome);
    const { client } = clientAgainst(api.url);
    const letters = await collect(client.deadLetters.each({ limit: 1 }));
    expect(letters.map(({ id }) => id)).toEqual(["t-1", "t-2"]);
    expect(await client.deadLetters.release({ tasks: ["t-1"] }, { by: "ada" })).toEqual(outcome.tasks);
    await client.deadLetters.discard({ all: true, target: "web-1" }, { by: "ada", reason: "old" });
    expect(api.received.slice(-2).map(({ body }) => body)).toEqual([
      { tasks: ["t-1"], by: "ada" },
      { all: true, target: "web-1", by: "ada", reason: "old" },
    ]);
  });

  test("the space is told in numbers, and whether the server is ready", async () => {
    api
      .answer("GET /v1/default/summary", aSummary())
      .on("GET /readyz", refused("not_ready", "the store does not answer"), ok({ status: "ready" }));
    const { client } = clientAgainst(api.url);
    expect(await client.summary()).toEqual(aSummary());
    expect(await client.isReady()).toBe(false);
    expect(await client.isReady()).toBe(true);
  });

  test("names and ids are escaped, the space is in the path, and the API may live below a path", async () => {
    const paths: string[] = [];
    const { client } = clientAgainst("http://berth.example/dispatch/", {
      space: "shop",
      headers: { "x-team": "web" },
      fetch: async (url, init) => {
        paths.push(url);
        expect(new Headers(init.headers).get("x-team")).toBe("web");
        return Response.json(aTask());
      },
    });
    await client.task("a/b c");
    expect(paths).toEqual(["http://berth.example/dispatch/v1/shop/tasks/a%2Fb%20c"]);
  });
});
