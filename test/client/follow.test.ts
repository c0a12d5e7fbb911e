import type { TaskNews } from "@berth/client";
import type { LogLineView, TaskState } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Behaviour, CannedApi, cut, forever, raw, refused, taskEvent } from "../support/canned-api.ts";
import { collect } from "../support/collect.ts";
import { aLine, anExplanation, aTask } from "../support/views.ts";
import { clientAgainst } from "./client-against.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const logRoute = "GET /v1/default/tasks/t-1/log";
const events = "GET /v1/default/tasks/t-1/events";
const explainRoute = "GET /v1/default/tasks/t-1/explain";

const stream = (text: string): Behaviour => raw(200, "text/event-stream", text);

describe("waiting for a task", () => {
  test("tells each state once and ends with the task", async () => {
    const succeeded = aTask({ state: "succeeded" });
    api
      .events("t-1", () => [
        taskEvent("waiting"),
        taskEvent("running"),
        taskEvent("running", { log: true }),
        taskEvent("succeeded"),
      ])
      .answer("GET /v1/default/tasks/t-1", succeeded);
    const { client } = clientAgainst(api.url);
    const states: TaskState[] = [];
    const task = await client.waitFor("t-1", { onChange: (state) => states.push(state) });
    expect(states).toEqual(["waiting", "running", "succeeded"]);
    expect(task).toEqual(succeeded);
  });

  test("goes on when the stream breaks, is refused for a while or ends too early", async () => {
    api
      .on(
        events,
        stream(taskEvent("waiting")),
        refused("not_owned", "nobody owns the space"),
        raw(502, "text/html", "<h1>Bad gateway</h1>"),
        cut,
        stream(taskEvent("running")),
        stream(taskEvent("failed")),
      )
      .answer("GET /v1/default/tasks/t-1", aTask({ state: "failed" }));
    const { client, waits } = clientAgainst(api.url);
    const states: TaskState[] = [];
    await client.waitFor("t-1", { onChange: (state) => states.push(state) });
    expect(states).toEqual(["waiting", "running", "failed"]);
    expect(waits).toHaveLength(5);
  });

  test("opens a stream anew that has fallen silent", async () => {
    const silent: Behaviour = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(taskEvent("running"));
    };
    api
      .on(events, silent, stream(taskEvent("succeeded")))
      .answer("GET /v1/default/tasks/t-1", aTask({ state: "succeeded" }));
    const { client } = clientAgainst(api.url, { idleMaxMs: 50 });
    expect(await client.waitFor("t-1")).toMatchObject({ state: "succeeded" });
    expect(api.requests(events).length).toBeGreaterThan(1);
  });

  test("gives up at once when there is no such task", async () => {
    api.on(events, refused("task_unknown", "there is no task t-1"));
    const { client, waits } = clientAgainst(api.url);
    await expect(client.waitFor("t-1")).rejects.toMatchObject({ code: "task_unknown", status: 404 });
    expect(waits).toEqual([]);
  });

  test("gives up when the server stays away", async () => {
    api.on(events, cut);
    const { client } = clientAgainst(api.url);
    await expect(client.waitFor("t-1")).rejects.toMatchObject({ code: "unreachable" });
  });

  test("returns when the task is parked, unless it shall wait on", async () => {
    api
      .events("t-1", () => [
        taskEvent("running"),
        taskEvent("parked"),
        taskEvent("waiting"),
        taskEvent("succeeded"),
      ])
      .answer("GET /v1/default/tasks/t-1", aTask({ state: "parked" }));
    const { client } = clientAgainst(api.url);
    const states: TaskState[] = [];
    await client.waitFor("t-1", { onChange: (state) => states.push(state) });
    expect(states.at(-1)).toBe("parked");
    await client.waitFor("t-1", { onChange: (state) => states.push(state), throughParked: true });
    expect(states.at(-1)).toBe("succeeded");
  });

  test("ends with the reason of the signal", async () => {
    const stop = new AbortController();
    api.events("t-1", async function* () {
      yield taskEvent("waiting");
      await forever;
    });
    const { client } = clientAgainst(api.url);
    const waiting = client.waitFor("t-1", {
      signal: stop.signal,
      onChange: () => stop.abort(new Error("enough")),
    });
    await expect(waiting).rejects.toThrow("enough");
  });

  test("gives the events themselves to who wants them", async () => {
    api.events("t-1", () => [": hello\n\n", taskEvent("running"), taskEvent("succeeded")]);
    const { client } = clientAgainst(api.url);
    expect(await collect(client.events("t-1"))).toEqual([
      { task: "t-1", state: "running", log: true },
      { task: "t-1", state: "succeeded", log: false },
    ]);
  });
});

describe("following a log", () => {
  test("gives every line once, over several pages, until the task has ended", async () => {
    const lines = [1, 2, 5, 6, 7].map((position) => aLine(position, `line ${position}`));
    const present: LogLineView[] = lines.slice(0, 3);
    api.log("t-1", present, { pageLines: 2 });
    api.events("t-1", async function* () {
      yield taskEvent("running");
      await seen(3);
      present.push(lines[3]!);
      yield taskEvent("running", { log: true });
      await seen(4);
      present.push(lines[4]!);
      api.log("t-1", present, { complete: true });
      yield taskEvent("succeeded");
    });
    const { client } = clientAgainst(api.url);
    const { read, seen } = counted(client.followLog("t-1"));
    expect(await read).toEqual(lines);
    expect(api.requests(events)).toHaveLength(1);
  });

  test("begins after a position, and reads a task that has ended to its end", async () => {
    api.log("t-1", [aLine(1, "one"), aLine(2, "two")], { complete: true });
    api.events("t-1", () => [taskEvent("succeeded")]);
    const { client } = clientAgainst(api.url);
    const texts = (await collect(client.followLog("t-1", { after: 1 }))).map(({ text }) => text);
    expect(texts).toEqual(["two"]);
  });

  test("looks for lines that came while there was no connection", async () => {
    const present = [aLine(1, "one")];
    api.log("t-1", present);
    api.events(
      "t-1",
      async function* () {
        yield taskEvent("running");
        await seen(1);
        present.push(aLine(2, "two"));
        yield "cut";
      },
      async function* () {
        yield taskEvent("running");
        await seen(2);
        yield taskEvent("succeeded");
      },
    );
    const { client } = clientAgainst(api.url);
    const { read, seen } = counted(client.followLog("t-1"));
    expect((await read).map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("reads once for all that was told while it was busy", async () => {
    const told = taskEvent("running", { log: true }).repeat(200);
    api.log("t-1", [aLine(1, "one")]);
    api.events("t-1", () => [told, taskEvent("succeeded")]);
    const { client } = clientAgainst(api.url);
    expect(await collect(client.followLog("t-1"))).toHaveLength(1);
    expect(api.requests(logRoute).length).toBeLessThan(20);
  });

  test("stops when its reader has seen enough, and closes the connection", async () => {
    const closed = new Promise<void>((resolve) => {
      api.on(events, (response) => {
        response.on("close", resolve);
        response.writeHead(200, { "content-type": "text/event-stream" }).write(taskEvent("running"));
      });
    });
    api.log("t-1", [aLine(1, "one"), aLine(2, "two")]);
    const { client } = clientAgainst(api.url);
    for await (const { text } of client.followLog("t-1")) {
      expect(text).toBe("one");
      break;
    }
    await closed;
  });
});

describe("following with reasons", () => {
  const explained = (summary: string, task: string) => {
    const explanation = anExplanation();
    const leg = explanation.legs[0]!;
    const cause = leg.causes[0]!;
    const blockers = [{ ...cause.blockers[0]!, task }];
    return { ...explanation, legs: [{ ...leg, summary, causes: [{ ...cause, blockers }] }] };
  };
  const summariesOf = (news: readonly TaskNews[]) =>
    news.map((each) => {
      if (each.type === "explanation") return each.explanation.legs[0]!.summary;
      if (each.type === "line") return each.line.text;
      return each.type === "state" ? each.state : each.type;
    });

  test("tells why it waits, and again when what is in its way has moved", async () => {
    api
      .answer(explainRoute, explained("behind t-0", "t-0"), explained("behind t-9", "t-9"))
      .events("t-0", async function* () {
        yield taskEvent("running", { task: "t-0" });
        yield taskEvent("running", { task: "t-0", log: true });
        yield taskEvent("succeeded", { task: "t-0" });
      })
      .events("t-9", async function* () {
        yield taskEvent("running", { task: "t-9" });
        start();
        await forever;
      })
      .events("t-1", async function* () {
        yield taskEvent("waiting");
        await started;
        yield taskEvent("running");
        yield taskEvent("succeeded");
      });
    let start: () => void = () => {};
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const { client } = clientAgainst(api.url);
    const news = await collect(client.follow("t-1", { explanations: true }));
    expect(summariesOf(news)).toEqual(["waiting", "behind t-0", "behind t-9", "running", "succeeded"]);
    expect(api.requests(explainRoute)).toHaveLength(2);
  });

  test("follows the task all the same when nobody can say why it waits", async () => {
    api.log("t-1", [aLine(1, "done")], { complete: true });
    api
      .on(explainRoute, refused("answer_late", "the dispatcher did not answer"))
      .events("t-1", () => [taskEvent("waiting"), taskEvent("succeeded")]);
    const { client } = clientAgainst(api.url);
    const news = await collect(client.follow("t-1", { explanations: true, log: true }));
    expect(summariesOf(news).at(0)).toBe("waiting");
    expect(summariesOf(news).slice(-2)).toEqual(["done", "succeeded"]);
  });
});

/** Reads to the end; `seen(n)` resolves when n items have come. */
function counted<Item>(items: AsyncIterable<Item>): {
  read: Promise<Item[]>;
  seen: (count: number) => Promise<void>;
} {
  const got: Item[] = [];
  const waiters: { count: number; resolve: () => void }[] = [];
  const read = (async () => {
    for await (const item of items) {
      got.push(item);
      for (const waiter of waiters) if (got.length >= waiter.count) waiter.resolve();
    }
    return got;
  })();
  const seen = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (got.length >= count) resolve();
      else waiters.push({ count, resolve });
    });
  return { read, seen };
}
