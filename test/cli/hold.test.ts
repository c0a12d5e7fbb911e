import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, refused } from "../support/canned-api.ts";
import { agoText, aHold, now } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });
const onlyLine = (line: string) => ({ exitCode: 0, out: [line], err: [] });

describe("berth hold", () => {
  const holds = "GET /v1/default/holds";
  const place = "POST /v1/default/holds";

  test("list is a table, and the same without list", async () => {
    const nowhere = { kinds: [], names: [], targets: [], tags: [] };
    const later = { from: agoText(-7_200_000), until: agoText(-14_400_000), active: false };
    const items = [
      aHold(),
      aHold({ id: "h-2", scope: { ...nowhere, kinds: ["deploy"], tags: ["web"] }, ...later }),
    ];
    api.answer(holds, page(items));
    const ran = await berth({ url: api.url }, "hold", "list");
    expect(ran.out).toEqual([
      "ID   STATE    HOLDS            OWNER  REASON                 FROM     UNTIL",
      "h-1  active   target web-1     ada    the database is moved  1 h ago  lifted",
      "h-2  not yet  deploy, tag web  ada    the database is moved  in 2 h   in 4 h",
    ]);
    expect(await berth({ url: api.url }, "hold")).toEqual(ran);
    expect(jsonOf(await berth({ url: api.url }, "hold", "--json"))).toEqual(page(items));
  });

  test("list says when there are none", async () => {
    api.answer(holds, page([]));
    expect(await berth({ url: api.url }, "hold")).toEqual(onlyLine("There are no holds."));
  });

  test("place covers everything unless it is told what", async () => {
    api.answer(place, aHold({ scope: { kinds: [], names: [], targets: [], tags: [] } }));
    expect(await berth({ url: api.url }, "hold", "place", "--reason", "move")).toEqual({
      exitCode: 0,
      out: [
        "Placed h-1: it holds everything until it is lifted.",
        "Is it safe yet: berth safe h-1",
        "Lift it with: berth hold lift h-1",
      ],
      err: [],
    });
    expect(api.received[0]?.body).toEqual({
      scope: { kinds: [], names: [], targets: [], tags: [] },
      owner: "ada",
      reason: "move",
    });
  });

  test("place sends its scope and its time, which --for gives from its start", async () => {
    api.answer(place, aHold());
    const scope = [
      "--target",
      "web-1",
      "--target",
      "web-2",
      "--kind",
      "deploy",
      "--name",
      "shop",
      "--tag",
      "web",
    ];
    const time = ["--from", "+1h", "--for", "2h"];
    const ran = await berth(
      { url: api.url },
      "hold",
      "place",
      "--reason",
      "r",
      "--owner",
      "ops",
      ...scope,
      ...time,
      "--json",
    );
    expect(jsonOf(ran)).toEqual(aHold());
    expect(api.received[0]?.body).toEqual({
      scope: { kinds: ["deploy"], names: ["shop"], targets: ["web-1", "web-2"], tags: ["web"] },
      owner: "ops",
      reason: "r",
      from: new Date(now + 3_600_000).toISOString(),
      until: new Date(now + 3 * 3_600_000).toISOString(),
    });
  });

  test("place can stop only what takes long, and the list says so", async () => {
    const long = aHold({ longerThanMs: 300_000 });
    api.answer(place, long).answer(holds, page([long]));
    const ran = await berth({ url: api.url }, "hold", "place", "--reason", "r", "--longer-than", "5m");
    expect(ran.out[0]).toBe("Placed h-1: it holds target web-1 if longer than 5 min until it is lifted.");
    expect(api.received[0]?.body).toMatchObject({ longerThanMs: 300_000 });
    expect((await berth({ url: api.url }, "hold")).out[1]).toContain("target web-1 if longer than 5 min");
    const wrong = await berth({ url: api.url }, "hold", "place", "--reason", "r", "--longer-than", "long");
    expect(wrong).toMatchObject({ exitCode: 2, out: [] });
    expect(wrong.err[0]).toContain("Expected a duration like 90s");
  });

  test("place refuses two ends, and a hold without a reason", async () => {
    const both = await berth(
      { url: api.url },
      "hold",
      "place",
      "--reason",
      "r",
      "--until",
      "+1h",
      "--for",
      "2h",
    );
    expect(both.exitCode).toBe(2);
    expect(both.err[0]).toContain("cannot be used with option '--until <time>'");
    const none = await berth({ url: api.url }, "hold", "place");
    expect(none.err).toEqual([
      "berth: required option '--reason <text>' not specified",
      "How it is used: berth hold place --help",
    ]);
  });

  test("lift ends it, and exits with 4 when there is none", async () => {
    api.on(
      "POST /v1/default/holds/h-1/lift",
      nothing,
      nothing,
      refused("hold_unknown", "there is no hold h-1"),
    );
    expect(await berth({ url: api.url }, "hold", "lift", "h-1")).toEqual(onlyLine("Lifted h-1."));
    expect(api.received[0]?.body).toEqual({ by: "ada" });
    expect(jsonOf(await berth({ url: api.url }, "hold", "lift", "h-1", "--json"))).toEqual({
      hold: "h-1",
      lifted: true,
    });
    expect(await berth({ url: api.url }, "hold", "lift", "h-1")).toEqual({
      exitCode: 4,
      out: [],
      err: ["berth: there is no hold h-1", "List the holds with: berth hold list"],
    });
  });
});
