import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, refused } from "../support/canned-api.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const onlyLine = (line: string) => ({ exitCode: 0, out: [line], err: [] });

describe("berth semaphore", () => {
  const list = "GET /v1/default/semaphores";
  const licence = "PUT /v1/default/semaphores/licence";

  test("list is a table, and the same without list", async () => {
    const items = [
      { name: "lane.job", limit: 1000, held: 0, isSet: false },
      { name: "licence", limit: 3, held: 3, isSet: true },
      { name: "task-cap", limit: null, held: 12, isSet: false },
    ];
    api.answer(list, { items, next: null });
    const ran = await berth({ url: api.url }, "semaphore", "list");
    expect(ran.out).toEqual([
      "NAME      HELD  LIMIT  SET",
      "lane.job  0     1000   default",
      "licence   3     3      yes",
      "task-cap  12    none   default",
    ]);
    expect(await berth({ url: api.url }, "semaphore")).toEqual(ran);
    expect(jsonOf(await berth({ url: api.url }, "semaphore", "--json"))).toEqual({ items, next: null });
  });

  test("set sets a limit, which may be 0", async () => {
    const set = (limit: number) => ({ name: "licence", limit, held: 4, isSet: true });
    api.answer(licence, set(3), set(0));
    expect(await berth({ url: api.url }, "semaphore", "set", "licence", "3")).toEqual(
      onlyLine("licence has the limit 3 now; 4 held."),
    );
    expect(jsonOf(await berth({ url: api.url }, "semaphore", "set", "licence", "0", "--json"))).toEqual(
      set(0),
    );
    expect(api.received.map(({ body }) => body)).toEqual([{ limit: 3 }, { limit: 0 }]);
  });

  test("unset takes it back", async () => {
    api.on("DELETE /v1/default/semaphores/licence", nothing);
    expect(await berth({ url: api.url }, "semaphore", "unset", "licence")).toEqual(
      onlyLine("licence has its default limit again."),
    );
    expect(jsonOf(await berth({ url: api.url }, "semaphore", "unset", "licence", "--json"))).toEqual({
      semaphore: "licence",
      unset: true,
    });
  });

  test.each([
    [["set", "licence"], "missing required argument 'limit'"],
    [["set", "licence", "-1"], "Expected a whole number, 0 or more."],
    [["set", "licence", "many"], "Expected a whole number, 0 or more."],
    [["lits"], "unknown command 'lits'; expected list, set or unset"],
  ])("%j is wrong usage", async (words, message) => {
    const ran = await berth({ url: api.url }, "semaphore", ...words);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(message);
    expect(api.received).toEqual([]);
  });

  test("a lane that there is not is told by the server", async () => {
    const message = '`semaphore` is "lane.helth-check"; expected one of the lanes lane.deploy, lane.job';
    api.on("PUT /v1/default/semaphores/lane.helth-check", refused("request_invalid", message));
    expect(await berth({ url: api.url }, "semaphore", "set", "lane.helth-check", "5")).toEqual({
      exitCode: 2,
      out: [],
      err: [`berth: ${message}`],
    });
  });
});
