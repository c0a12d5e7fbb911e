import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, refused } from "../support/canned-api.ts";
import { agoText, aTarget } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });
let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
  api.answer("GET /v1/default/broker", { vouchesForUsers: false, prefix: "berth" });
  api.answer("GET /v1/default/targets", page([]));
});
afterEach(() => api.stop());

const onlyLine = (line: string) => ({ exitCode: 0, out: [line], err: [] });

describe("berth target", () => {
  const list = "GET /v1/default/targets";
  const one = "GET /v1/default/targets/web-1";
  const put = "PUT /v1/default/targets/web-1";
  const policy = { modes: { runbook: "shared" }, attempts: { deploy: 3 } } as const;
  const quarantine = { mutex: "script", leg: "t-1.0", token: "7", tentacle: "web-1", since: agoText(60_000) };

  test("list is a table, and the same without list", async () => {
    const targets = [
      aTarget({ tags: ["web"], policy }),
      aTarget({ name: "web-2", sessions: [], quarantines: [quarantine] }),
    ];
    api.answer(list, page(targets));
    const ran = await berth({ url: api.url }, "target", "list");
    expect(ran.out).toEqual([
      "NAME   STATE    TENTACLE     TAGS  POLICY                             QUARANTINED",
      "web-1  online   web-1 1.4.0  web   runbook=shared, attempts deploy=3  -",
      "web-2  offline  -            -     -                                  script",
    ]);
    expect(await berth({ url: api.url }, "target")).toEqual(ran);
    expect(jsonOf(await berth({ url: api.url }, "target", "list", "--json"))).toEqual(page(targets));
  });

  test("list says what to do when there are none", async () => {
    api.answer(list, page([]));
    expect(await berth({ url: api.url }, "target")).toEqual(
      onlyLine("There are no targets. Add one: berth target add NAME"),
    );
  });

  test("show tells who serves it and what is quarantined", async () => {
    const target = aTarget({ quarantines: [quarantine] });
    api.answer(one, target);
    expect((await berth({ url: api.url }, "target", "show", "web-1")).out).toEqual([
      "web-1: online",
      "",
      "Policy  the defaults of each kind",
      "",
      "SESSION  TENTACLE     OPENED",
      "s-1      web-1 1.4.0  2 h ago",
      "",
      "QUARANTINED  LEG THAT MAY STILL RUN  TENTACLE  SINCE",
      "script       t-1.0                   web-1     1 min ago",
      "Once it has ended: berth quarantine release web-1 --mutex script",
    ]);
    expect(jsonOf(await berth({ url: api.url }, "target", "show", "web-1", "--json"))).toEqual(target);
  });

  test("add sends the policy and the tags", async () => {
    api
      .on(one, refused("target_unknown", "there is no target web-1"))
      .answer(put, aTarget({ tags: ["web"], policy }));
    const options = [
      "--tag",
      "web",
      "--mode",
      "runbook=shared",
      "--attempts",
      "deploy=3",
      "--lane",
      "health-check=2",
    ];
    const more = ["--unknown-result", "job=park", "--less-isolation", "refuse"];
    const ran = await berth({ url: api.url }, "target", "add", "web-1", ...options, ...more);
    expect(ran).toEqual(onlyLine("Added web-1: runbook=shared, attempts deploy=3; tags web"));
    expect(api.requests(put)[0]?.body).toEqual({
      policy: {
        ...policy,
        lanes: { "health-check": 2 },
        onUnknownResult: { job: "park" },
        allowLessIsolation: false,
      },
      tags: ["web"],
      users: [],
    });
    const asJson = await berth({ url: api.url }, "target", "add", "web-1", "--json");
    expect(jsonOf(asJson)).toEqual(aTarget({ tags: ["web"], policy }));
  });

  test("add leaves one alone that is there, and says so when it is another one", async () => {
    api.answer(one, aTarget({ tags: ["web"] })).answer(put, aTarget());
    const same = await berth({ url: api.url }, "target", "add", "web-1", "--tag", "web");
    expect(same).toEqual(onlyLine("It is there already: web-1: the defaults of each kind; tags web"));
    const other = await berth({ url: api.url }, "target", "add", "web-1");
    expect(other).toMatchObject({ exitCode: 5, out: [] });
    expect(other.err[1]).toBe("Change it with: berth target policy web-1 …, or give --replace.");
    expect(api.requests(put)).toEqual([]);
    const replaced = await berth({ url: api.url }, "target", "add", "web-1", "--replace");
    expect(replaced).toEqual(onlyLine("Replaced web-1: the defaults of each kind"));
  });

  test("policy shows the policy, or changes what is given and keeps the rest", async () => {
    api.answer(one, aTarget({ tags: ["web"], policy })).answer(put, aTarget());
    expect(await berth({ url: api.url }, "target", "policy", "web-1")).toEqual(
      onlyLine("web-1: runbook=shared, attempts deploy=3; tags web"),
    );
    const options = ["--mode", "runbook=default", "--attempts", "job=2"];
    const ran = await berth({ url: api.url }, "target", "policy", "web-1", ...options, "--json");
    expect(jsonOf(ran)).toEqual(aTarget());
    expect(api.requests(put)[0]?.body).toEqual({
      policy: { attempts: { deploy: 3, job: 2 } },
      tags: ["web"],
      users: [],
    });
  });

  test("tag adds and removes tags", async () => {
    api.answer(one, aTarget({ tags: ["web", "old"] })).answer(put, aTarget({ tags: ["web", "new"] }));
    await berth({ url: api.url }, "target", "tag", "web-1", "new", "web");
    await berth({ url: api.url }, "target", "tag", "web-1", "old", "--remove");
    expect(api.requests(put).map(({ body }) => (body as { tags: string[] }).tags)).toEqual([
      ["old", "new", "web"],
      ["web"],
    ]);
    const ran = await berth({ url: api.url }, "target", "tag", "web-1", "new", "--json");
    expect(jsonOf(ran)).toEqual(aTarget({ tags: ["web", "new"] }));
  });

  test("remove removes it, and exits with 5 when it is in use", async () => {
    api.on(
      "DELETE /v1/default/targets/web-1",
      nothing,
      nothing,
      refused("target_in_use", "target web-1 has 2 tasks"),
    );
    expect(await berth({ url: api.url }, "target", "remove", "web-1")).toEqual(onlyLine("Removed web-1."));
    const asJson = await berth({ url: api.url }, "target", "remove", "web-1", "--json");
    expect(jsonOf(asJson)).toEqual({ target: "web-1", removed: true });
    expect((await berth({ url: api.url }, "target", "remove", "web-1")).exitCode).toBe(5);
  });

  test.each([
    [
      ["--mode", "cronjob=shared"],
      "Expected KIND=VALUE, where KIND is deploy, runbook, health-check or job.",
    ],
    [["--mode", "deploy=some"], "Expected exclusive, shared or bypass."],
    [["--attempts", "deploy=0"], "Expected a whole number, 1 or more."],
  ])("refuses the policy %j", async (options, message) => {
    const ran = await berth({ url: api.url }, "target", "add", "web-1", ...options);
    expect(ran.exitCode).toBe(2);
    expect(ran.err[0]).toContain(message);
  });
});

describe("berth quarantine release", () => {
  test("opens the slot and says so", async () => {
    api.on("POST /v1/default/targets/web-1/quarantines/script/release", nothing);
    api.on("POST /v1/default/targets/web-1/quarantines/database/release", nothing);
    expect(await berth({ url: api.url }, "quarantine", "release", "web-1", "--note", "looked at it")).toEqual(
      onlyLine("Slot script of web-1 is open again."),
    );
    expect(api.received[0]?.body).toEqual({ by: "ada", note: "looked at it" });
    const options = ["quarantine", "release", "web-1", "--mutex", "database", "--json"];
    expect(jsonOf(await berth({ url: api.url }, ...options))).toEqual({
      target: "web-1",
      mutex: "database",
      released: true,
    });
  });
});
