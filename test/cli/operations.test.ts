import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, ok, refused } from "../support/canned-api.ts";
import { aDeadLetter, agoText, aHold, anOops, aSummary, aTarget, now } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });
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
      out: ["Placed h-1: it holds everything until it is lifted.", "Lift it with: berth hold lift h-1"],
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

describe("berth dead", () => {
  const list = "GET /v1/default/dead-letters";
  const release = "POST /v1/default/dead-letters/release";
  const discard = "POST /v1/default/dead-letters/discard";
  const outcome = { tasks: [{ task: "t-1", error: null }] };
  const half = {
    tasks: [
      { task: "t-1", error: null },
      { task: "t-2", error: { code: "task_not_parked", message: "task t-2 is running" } },
    ],
  };

  test("list is a table, and the same without list", async () => {
    api.answer(list, page([aDeadLetter()]));
    const ran = await berth({ url: api.url }, "dead", "list", "--target", "web-1");
    expect(ran.out).toEqual([
      "ID   KIND    NAME  TARGET  QUEUED     FAILURES  WHY                    OOPS",
      "t-1  deploy  shop  web-1   3 min ago  5         all 5 attempts failed  OOPS-1",
    ]);
    expect(api.received[0]?.query).toEqual({ target: "web-1", limit: "50" });
    expect((await berth({ url: api.url }, "dead")).out).toEqual(ran.out);
    expect(jsonOf(await berth({ url: api.url }, "dead", "--json"))).toEqual(page([aDeadLetter()]));
  });

  test("release sends tasks back, and tells of each that could not be", async () => {
    api.answer(release, half);
    expect(await berth({ url: api.url }, "dead", "release", "t-1", "t-2")).toEqual({
      exitCode: 5,
      out: ["t-1 is back in line."],
      err: ["berth: t-2: task t-2 is running"],
    });
    expect(api.received[0]?.body).toEqual({ tasks: ["t-1", "t-2"], by: "ada" });
    const asJson = await berth({ url: api.url }, "dead", "release", "t-1", "t-2", "--json");
    expect(jsonOf(asJson)).toEqual(page(half.tasks));
  });

  test("release --all can be narrowed down, and may find nothing", async () => {
    api.answer(release, { tasks: [] });
    expect(await berth({ url: api.url }, "dead", "release", "--all", "--name", "shop")).toEqual(
      onlyLine("There are no dead letters."),
    );
    expect(api.received[0]?.body).toEqual({ all: true, name: "shop", by: "ada" });
  });

  test("discard ends them for good", async () => {
    api.answer(discard, outcome);
    const ran = await berth({ url: api.url }, "dead", "discard", "t-1", "--reason", "too old");
    expect(ran).toEqual(onlyLine("t-1 is discarded."));
    expect(api.received[0]?.body).toEqual({ tasks: ["t-1"], by: "ada", reason: "too old" });
    expect(jsonOf(await berth({ url: api.url }, "dead", "discard", "--all", "--json"))).toEqual(
      page(outcome.tasks),
    );
  });

  test.each([[[]], [["t-1", "--all"]], [["t-1", "--name", "shop"]]])(
    "release %j does not say which",
    async (selection) => {
      const ran = await berth({ url: api.url }, "dead", "release", ...selection);
      expect(ran.exitCode).toBe(2);
      expect(ran.err[0]).toContain("Which dead letters?");
      expect(api.received).toEqual([]);
    },
  );
});

describe("berth oops", () => {
  test("list is a table, and the same without list", async () => {
    api.answer("GET /v1/default/oops", page([anOops()]));
    const options = ["--task", "t-1", "--target", "web-1", "--from", "-2h", "--before", "-1h"];
    const ran = await berth({ url: api.url }, "oops", "list", ...options);
    expect(ran.out).toEqual([
      "ID      WHEN       TYPE         VALUE                                        TASK  TARGET  ATTEMPT  THEN",
      "OOPS-1  5 min ago  SessionLost  the lease of session s-1 ended while it ran  t-1   web-1   1        parked",
    ]);
    expect(api.received[0]?.query).toEqual({
      task: "t-1",
      target: "web-1",
      from: agoText(7_200_000),
      before: agoText(3_600_000),
      limit: "50",
    });
    expect((await berth({ url: api.url }, "oops")).out).toEqual(ran.out);
    expect(jsonOf(await berth({ url: api.url }, "oops", "--json"))).toEqual(page([anOops()]));
  });

  test("show tells all about one, with its trace as it was", async () => {
    const oops = anOops({ text: "Error: no\n    at deploy (deploy.ts:3:7)\n\u001b[31m" });
    api.answer("GET /v1/default/oops/OOPS-1", oops);
    const { out } = await berth({ url: api.url }, "oops", "show", "OOPS-1");
    expect(out[0]).toBe("OOPS-1  SessionLost: the lease of session s-1 ended while it ran");
    expect(out).toContain("Task      t-1 deploy shop");
    expect(out).toContain("Tentacle  web-1 1.4.0");
    expect(out.slice(-3)).toEqual(["Error: no", "    at deploy (deploy.ts:3:7)", ""]);
    expect(jsonOf(await berth({ url: api.url }, "oops", "show", "OOPS-1", "--json"))).toEqual(oops);
  });
});

describe("berth status", () => {
  const summary = "GET /v1/default/summary";

  test("tells the space in numbers", async () => {
    api.on("GET /readyz", ok({ status: "ready" })).answer(summary, aSummary());
    expect(await berth({ url: api.url }, "status")).toEqual({
      exitCode: 0,
      out: [
        `${api.url}, space default: ready`,
        "",
        "Tasks        3 waiting, 2 running, 1 parked, 120 succeeded, 4 failed",
        "Targets      3, 1 offline",
        "Holds        1 active",
        "Quarantines  none",
      ],
      err: [],
    });
    expect(jsonOf(await berth({ url: api.url }, "status", "--json"))).toEqual({
      url: api.url,
      space: "default",
      ready: true,
      summary: aSummary(),
    });
  });

  test("exits with 3 when the server is not ready, with or without numbers", async () => {
    const notReady = refused("not_ready", "not ready: the store does not answer");
    api.on("GET /readyz", notReady).on(summary, refused("store_unavailable", "the store cannot be reached"));
    expect(await berth({ url: api.url }, "status")).toEqual({
      exitCode: 3,
      out: [`${api.url}, space default: not ready`],
      err: [],
    });
  });
});
