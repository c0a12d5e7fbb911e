import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, forever, ok, refused, taskEvent } from "../support/canned-api.ts";
import { aClearance, agoText, aHold } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const ofScope = "GET /v1/default/clearance";
const ofHold = "GET /v1/default/holds/h-1/clearance";
const clear = aClearance({ isClear: true, running: [], clearAt: agoText(0) });
const quarantine = {
  ...{ target: "web-1", mutex: "script", leg: "t-0.1", token: "1-1", tentacle: "web-1" },
  since: agoText(60_000),
};

describe("berth safe", () => {
  test("tells who still runs and until when, and exits with 14", async () => {
    api.answer(ofScope, aClearance());
    const ran = await berth({ url: api.url }, "safe", "--target", "web-1", "--target", "web-2");
    expect(ran).toMatchObject({ exitCode: 14, err: [] });
    expect(ran.out[0]).toMatch(/^Not yet: 1 task runs; until about \d\d:\d5, in 5 min\.$/);
    expect(ran.out[1]).toBe("");
    expect(ran.out[2]).toMatch(/^TASK +KIND +NAME +TARGET +STATE +SINCE +UNTIL$/);
    expect(ran.out[3]).toMatch(/^t-1 +deploy +shop +web-1 +running +3 min ago +about \d\d:\d5, in 5 min$/);
    expect(api.received[0]?.query).toEqual({ targets: "web-1,web-2" });
    expect(jsonOf(await berth({ url: api.url }, "safe", "--json"))).toEqual(aClearance());
    expect((await berth({ url: api.url }, "safe", "--json")).exitCode).toBe(14);
  });

  test("asks for the scope that is given", async () => {
    api.answer(ofScope, clear);
    const scope = ["--kind", "deploy", "--kind", "runbook", "--name", "shop", "--tag", "web"];
    expect(await berth({ url: api.url }, "safe", ...scope)).toEqual({
      exitCode: 0,
      out: ["Safe: nothing runs."],
      err: [],
    });
    expect(api.received[0]?.query).toEqual({ kinds: "deploy,runbook", names: "shop", tags: "web" });
  });

  test("names what is quarantined, and how it is opened", async () => {
    api.answer(ofScope, aClearance({ running: [], quarantines: [quarantine], clearAt: null }));
    const ran = await berth({ url: api.url }, "safe");
    expect(ran.exitCode).toBe(14);
    expect(ran.out).toEqual([
      "Not yet: 1 slot quarantined; nobody can know until when.",
      "",
      "QUARANTINED  MUTEX   LEG THAT MAY STILL RUN  SINCE",
      "web-1        script  t-0.1                   1 min ago",
      "Once it has ended: berth quarantine release web-1 --mutex script",
    ]);
  });

  test("does not guess when something ends", async () => {
    const [leg] = aClearance().running;
    const running = [
      { ...leg!, expectedEndAt: null },
      { ...leg!, leg: "t-1/web-2", target: "web-2", expectedEndAt: agoText(1000) },
      { ...leg!, task: "t-2", leg: "t-2/web-3", expectedEndAt: agoText(0) },
    ];
    api.answer(ofScope, aClearance({ running, clearAt: null }), aClearance({ clearAt: agoText(0) }));
    const { out } = await berth({ url: api.url }, "safe");
    expect(out[0]).toBe("Not yet: 2 tasks run; nobody can know until when.");
    expect(out.slice(3).map((line) => line.split("  ").at(-1))).toEqual([
      ...["nobody knows", "any moment", "any moment"],
    ]);
    expect((await berth({ url: api.url }, "safe")).out[0]).toBe(
      "Not yet: 1 task runs; it should be over by now.",
    );
  });

  test("of a hold is safe only when the hold has begun", async () => {
    const early = aHold({ active: false, from: agoText(-60_000) });
    api.on(
      ofHold,
      ok({ ...clear, hold: early }),
      ok({ ...aClearance(), hold: early }),
      ok({ ...clear, hold: aHold() }),
    );
    const before = await berth({ url: api.url }, "safe", "h-1");
    expect(before.exitCode).toBe(14);
    expect(before.out).toEqual([
      expect.stringMatching(/^Not yet: h-1 begins .* \(in 1 min\)\.$/),
      "h-1 by ada holds target web-1: the database is moved",
    ]);
    const both = await berth({ url: api.url }, "safe", "h-1");
    expect(both.out[0]).toMatch(
      /^Not yet: 1 task runs; until about .*, in 5 min\. h-1 begins .* \(in 1 min\)\.$/,
    );
    const begun = await berth({ url: api.url }, "safe", "h-1");
    expect(begun).toMatchObject({ exitCode: 0 });
    expect(begun.out[0]).toBe("Safe: nothing runs in what h-1 holds.");
  });

  test("of a hold that stops only what takes long says that the rest may start", async () => {
    api.answer(ofHold, { ...clear, hold: aHold({ longerThanMs: 300_000 }) });
    expect((await berth({ url: api.url }, "safe", "h-1")).out).toEqual([
      "Safe: nothing runs in what h-1 holds. What takes up to 5 min may still start.",
      "h-1 by ada holds target web-1 if longer than 5 min: the database is moved",
    ]);
  });

  test("exits with 4 when there is no such hold", async () => {
    api.on(ofHold, refused("hold_unknown", "there is no hold h-1"));
    expect(await berth({ url: api.url }, "safe", "h-1")).toEqual({
      exitCode: 4,
      out: [],
      err: ["berth: there is no hold h-1", "List the holds with: berth hold list"],
    });
  });

  test("refuses a hold and a scope together", async () => {
    const ran = await berth({ url: api.url }, "safe", "h-1", "--target", "web-1");
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain("A hold has a scope of its own");
    expect(api.received).toEqual([]);
  });
});

describe("berth safe --wait", () => {
  const again = () => {
    const [leg] = aClearance().running;
    return aClearance({ running: [{ ...leg!, state: "cancelling" }] });
  };

  test("tells each change once on stderr, and ends with 0 when it is safe", async () => {
    api
      .answer(ofScope, aClearance(), aClearance({ clearAt: agoText(-299_000) }), again(), clear)
      .events("t-1", () => [taskEvent("running"), taskEvent("cancelling"), taskEvent("canceled")]);
    const ran = await berth({ url: api.url }, "safe", "--wait");
    expect(ran).toMatchObject({ exitCode: 0, out: ["Safe: nothing runs."] });
    expect(ran.err.filter((line) => line.startsWith("Not yet"))).toHaveLength(2);
    expect(ran.err[3]).toMatch(/^t-1 .* running /);
    expect(ran.err).toHaveLength(5);
  });

  test("prints with --json nothing but the clearance that is safe", async () => {
    api.answer(ofScope, aClearance(), clear).events("t-1", () => [taskEvent("succeeded")]);
    const ran = await berth({ url: api.url }, "safe", "--wait", "--json");
    expect(ran.exitCode).toBe(0);
    expect(jsonOf(ran)).toEqual(clear);
  });

  test("ends when the hold it waits for is lifted", async () => {
    api.on(ofHold, ok({ ...aClearance(), hold: aHold() }), refused("hold_unknown", "there is no hold h-1"));
    api.events("t-1", () => [taskEvent("succeeded")]);
    const ran = await berth({ url: api.url }, "safe", "h-1", "--wait");
    expect(ran.exitCode).toBe(4);
    expect(ran.err).toContain("berth: there is no hold h-1");
  });

  test("stops on ^C with 130", async () => {
    api.answer(ofScope, aClearance()).events("t-1", async function* () {
      yield taskEvent("running");
      await forever;
    });
    let interrupt: () => void = () => {};
    const ran = await berth(
      {
        url: api.url,
        onInterruptible: (given) => {
          interrupt = given;
        },
        onNote: (line) => {
          if (line.startsWith("t-1 ")) interrupt();
        },
      },
      "safe",
      "--wait",
    );
    expect(ran).toMatchObject({ exitCode: 130, out: [] });
    expect(ran.err.at(-1)).toBe("Stopped waiting.");
  });
});
