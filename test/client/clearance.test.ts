import type { Wait } from "@berth/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, cut, forever, ok, refused, taskEvent } from "../support/canned-api.ts";
import { collect } from "../support/collect.ts";
import { eventually } from "../support/eventually.ts";
import { aClearance, agoText, aHold } from "../support/views.ts";
import { clientAgainst } from "./client-against.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const ofScope = "GET /v1/default/clearance";
const ofHold = "GET /v1/default/holds/h-1/clearance";
const clear = aClearance({ isClear: true, running: [], clearAt: agoText(0) });
const quarantine = {
  ...{ target: "web-1", mutex: "script", leg: "t-0/web-1", token: "1-1", tentacle: "web-1" },
  since: agoText(60_000),
};

/** No time passes: whoever waits for nothing else waits until it is told to stop. */
const never: Wait = (_ms, signal) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

describe("following a clearance", () => {
  test("asks for the scope, and ends at once where it is clear", async () => {
    api.answer(ofScope, clear);
    const { client } = clientAgainst(api.url);
    const scope = { kinds: ["deploy" as const], targets: ["web-1", "web-2"], tags: [] };
    expect(await collect(client.followClearance({ scope }))).toEqual([clear]);
    expect(api.received.map(({ query }) => query)).toEqual([{ kinds: "deploy", targets: "web-1,web-2" }]);
  });

  test("looks again when a task that runs there ends, without waiting for a time", async () => {
    api
      .answer(ofScope, aClearance(), clear)
      .events("t-1", () => [taskEvent("running"), taskEvent("succeeded")]);
    const { client } = clientAgainst(api.url, { wait: never });
    expect(await collect(client.followClearance({ scope: {} }))).toEqual([aClearance(), clear]);
  });

  test("follows the tasks that end last, since it is not clear before", async () => {
    const [leg] = aClearance().running;
    const ending = (task: string, expectedEndAt: string | null) => ({ ...leg!, task, expectedEndAt });
    const running = [
      ...["t-1", "t-2", "t-3"].map((task) => ending(task, agoText(-1000))),
      ...[ending("t-4", agoText(-9000)), ending("t-5", null), ending("t-6", agoText(-5000))],
    ];
    api.answer(ofScope, aClearance({ running }), clear);
    const end = Promise.withResolvers<void>();
    for (const { task } of running) {
      api.events(task, async function* () {
        yield taskEvent("running", { task });
        await end.promise;
        if (task === "t-5") yield taskEvent("succeeded", { task });
        await forever;
      });
    }
    const { client } = clientAgainst(api.url, { wait: never });
    const followed = () => api.received.filter(({ path }) => path.endsWith("/events"));
    const clearances = collect(client.followClearance({ scope: {} }));
    await eventually("four streams are open", () => followed().length === 4);
    end.resolve();
    expect(await clearances).toHaveLength(2);
    const names = followed().map(({ path }) => path.split("/")[4]);
    expect(names.toSorted()).toEqual(["t-1", "t-4", "t-5", "t-6"]);
  });

  test("looks again after ten seconds for what no task tells", async () => {
    const shut = aClearance({ running: [], quarantines: [quarantine], clearAt: null });
    api.answer(ofScope, shut, shut, clear);
    const { client, waits } = clientAgainst(api.url);
    expect(await collect(client.followClearance({ scope: {} }))).toEqual([shut, shut, clear]);
    expect(waits).toEqual([10_000, 10_000]);
  });

  test("of a hold is not safe before the hold is active", async () => {
    const early = { ...clear, hold: aHold({ active: false, from: agoText(-60_000) }) };
    const begun = { ...clear, hold: aHold() };
    api.answer(ofHold, early, begun);
    const { client } = clientAgainst(api.url);
    expect(await collect(client.followClearance({ hold: "h-1" }))).toEqual([early, begun]);
  });

  test("outlives a server that is away, and tells when the hold is gone", async () => {
    api.on(
      ofHold,
      cut,
      ok({ ...aClearance(), hold: aHold() }),
      cut,
      refused("hold_unknown", "there is no hold h-1"),
    );
    const { client } = clientAgainst(api.url);
    await expect(collect(client.followClearance({ hold: "h-1" }))).rejects.toMatchObject({
      code: "hold_unknown",
    });
  });

  test("ends when its reader wants no more", async () => {
    api.answer(ofScope, aClearance()).events("t-1", async function* () {
      yield taskEvent("running");
      await forever;
    });
    const { client } = clientAgainst(api.url, { wait: never });
    const stop = new AbortController();
    const following = client.followClearance({ scope: {} }, { signal: stop.signal });
    await following.next();
    const next = following.next();
    stop.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
  });
});
