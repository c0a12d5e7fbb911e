import type { LegView } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, ok, taskEvent } from "../support/canned-api.ts";
import { agoText, aLeg, aLine, aTask } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const list = "GET /v1/default/tasks";
const task = "GET /v1/default/tasks/t-1";
const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });
const running = aTask({
  id: "t-2",
  state: "running",
  kind: "job",
  name: "backup",
  startedAt: agoText(65_000),
});

describe("berth tasks", () => {
  test("is a table, and as JSON the items and what comes next", async () => {
    api.answer(list, page([aTask(), running]));
    expect(await berth({ url: api.url }, "tasks")).toEqual({
      exitCode: 0,
      out: [
        "ID   STATE    KIND    NAME    TARGET  PRIORITY  QUEUED     RAN",
        "t-1  waiting  deploy  shop    web-1   normal    3 min ago  -",
        "t-2  running  job     backup  web-1   normal    3 min ago  1 min 5 s",
      ],
      err: [],
    });
    expect(jsonOf(await berth({ url: api.url }, "tasks", "--json"))).toEqual(page([aTask(), running]));
  });

  test("fits the terminal, and colours states there", async () => {
    api.answer(list, page([aTask({ name: "a shop with a name that is longer than it is wise" })]));
    const { out } = await berth({ url: api.url, terminal: 70 }, "tasks");
    expect(out[1]).toContain("\u001b[33mwaiting");
    const plain = await berth({ url: api.url, terminal: 70 }, "tasks", "--no-color");
    expect(plain.out[1]).toBe("t-1  waiting  deploy  a shop with a…  web-1   normal    3 min ago  -");
    expect((await berth({ url: api.url, terminal: 70, env: { NO_COLOR: "1" } }, "tasks")).out).toEqual(
      plain.out,
    );
  });

  test("asks for what was asked for", async () => {
    api.answer(list, page([]));
    const options = [
      "--state",
      "waiting,running",
      "--state",
      "parked",
      "--kind",
      "deploy",
      "--target",
      "web-1",
    ];
    const ran = await berth(
      { url: api.url },
      "tasks",
      ...options,
      "--name",
      "shop",
      "--parent",
      "t-0",
      "--schedule",
      "nightly",
      "--oldest",
      "--limit",
      "7",
    );
    expect(ran).toEqual({ exitCode: 0, out: ["There are no such tasks."], err: [] });
    expect(api.received[0]?.query).toEqual({
      state: "waiting,running,parked",
      kind: "deploy",
      target: "web-1",
      name: "shop",
      parent: "t-0",
      schedule: "nightly",
      sort: "oldest",
      limit: "7",
    });
  });

  test("says on stderr that there are more, and shows all of them if that is wanted", async () => {
    api.answer(list, page([aTask()], "c-2"), page([aTask()], "c-2"), page([running]));
    const some = await berth({ url: api.url }, "tasks", "--limit", "1");
    expect(some.err).toEqual(["The first 1 of more; --limit N shows more of them, --all shows all."]);
    const all = await berth({ url: api.url }, "tasks", "--all", "--json");
    expect(jsonOf(all)).toEqual(page([aTask(), running]));
    expect(api.received.map(({ query }) => query)).toEqual([
      { limit: "1" },
      { limit: "1000" },
      { limit: "1000", cursor: "c-2" },
    ]);
  });

  test("takes as many pages as the limit needs, and can go on after it", async () => {
    const many = Array.from({ length: 1000 }, (_, index) => aTask({ id: `t-${index}` }));
    api.answer(list, page(many, "c-2"), page([running], "c-3"), page([running]));
    const ran = await berth({ url: api.url }, "tasks", "--limit", "1001", "--json");
    expect(jsonOf(ran)).toMatchObject({ next: "c-3" });
    await berth({ url: api.url }, "tasks", "--cursor", "c-3");
    expect(api.received.map(({ query }) => query)).toEqual([
      { limit: "1000" },
      { limit: "1", cursor: "c-2" },
      { limit: "50", cursor: "c-3" },
    ]);
  });
});

describe("berth task", () => {
  const failed = aTask({
    state: "failed",
    startedAt: agoText(60_000),
    endedAt: agoText(10_000),
    timeoutMs: 3_600_000,
    legs: [
      aLeg({
        state: "failed",
        attempt: 1,
        exitCode: 3,
        reason: "the script failed",
        startedAt: agoText(60_000),
      }),
    ],
    payload: {
      script: { interpreter: "bash", text: "one\ntwo\n", arguments: [] },
      handler: null,
      steps: [],
      variables: { PASSWORD: "secret" },
      labels: { team: "web" },
      requestedBy: "grace",
    },
  });

  test("tells all about one task, but no values of variables", async () => {
    api.answer(task, failed);
    const { out, exitCode } = await berth({ url: api.url }, "task", "t-1");
    expect(exitCode).toBe(0);
    expect(out[0]).toBe("t-1  deploy shop on web-1: failed");
    expect(out).toContain("Ran           50 s");
    expect(out).toContain("Timeout       1 h");
    expect(out).toContain("Runs          a bash script of 2 lines");
    expect(out).toContain("Variables     PASSWORD");
    expect(out).toContain("Labels        team=web");
    expect(out).toContain("Requested by  grace");
    expect(out.find((line) => line.startsWith("Queued"))).toMatch(/\(3 min ago\)$/);
    expect(out.slice(-2)).toEqual([
      "TARGET  STATE   MODE       ATTEMPT  STARTED    ENDED  EXIT CODE  REASON",
      "web-1   failed  exclusive  1        1 min ago  -      3          the script failed",
    ]);
    expect(out.join("\n")).not.toContain("secret");
    expect(jsonOf(await berth({ url: api.url }, "task", "t-1", "--json"))).toEqual(failed);
  });

  test("tells the plan of a task on several targets, the step of each, and what each is parked for", async () => {
    const step = (name: string, awaitsChildren = false) => {
      return { name, awaitsChildren, onChildFailure: "fail" as const };
    };
    const leg = (target: string, fields: Partial<LegView>) =>
      aLeg({ id: `t-1/${target}`, target, step: 1, attempt: 2, ...fields });
    const alike = { for: "failures" as const, fingerprint: "deploy|shop|Crash", versions: ["1.4.0"] };
    const plan = {
      rollout: { type: "rolling" as const, window: 2, failuresMax: 0 },
      ...{ semaphores: ["licence", "db"], parent: "t-0", supersedes: "shop", slotScope: "step" as const },
      ...{ steps: [step("stop"), step("migrate", true)], spreadMs: 600_000 },
    };
    const legs = [
      leg("web-1", { state: "parked", reason: "all 5 attempts failed", parking: alike }),
      leg("web-2", { state: "parked", reason: "all 5 attempts failed", parking: alike }),
      leg("web-3", { state: "parked", parking: { for: "decision", fingerprint: "f", versions: [] } }),
      leg("web-4", { state: "running", parking: alike }),
      leg("web-5", { state: "succeeded" }),
    ];
    const targets = legs.map(({ target }) => target);
    api.answer(task, aTask({ state: "running", targets, legs, plan, schedule: "nightly" }));
    const { out } = await berth({ url: api.url }, "task", "t-1");
    expect(out[0]).toBe("t-1  deploy shop on web-1, web-2, web-3 and 2 more: running");
    for (const line of [
      "Targets      5: 1 running, 3 parked, 1 succeeded",
      "Rollout      2 targets at a time, stops after 1 failure",
      "Spread over  10 min",
      "Semaphores   licence db",
      "Parent       t-0",
      "Supersedes   shop",
      "Steps        stop, migrate (awaits children)",
      "Slot held    for each step anew",
      "Schedule     nightly",
    ]) {
      expect(out).toContain(line);
    }
    const table = out.findIndex((line) => line.startsWith("TARGET "));
    expect(out[table]).toContain("STEP              ATTEMPT");
    expect(out[table + 1]).toContain("2 of 2 (migrate)  2");
    expect(out.slice(table + 6)).toEqual([
      "",
      "web-1, web-2: parked for its failures with version 1.4.0, until there is another; fingerprint deploy|shop|Crash",
      "web-3: parked for a decision, since nobody knows how it ended; fingerprint f",
      "",
      "Its children: berth tasks --parent t-1",
      "Its log: berth logs t-1 --follow",
    ]);
  });

  test("tells how a parked task whose result nobody knows can be decided", async () => {
    const parking = { for: "decision" as const, fingerprint: "f", versions: [] };
    api.answer(task, aTask({ state: "parked", legs: [aLeg({ state: "parked", parking })] }));
    expect((await berth({ url: api.url }, "task", "t-1")).out.at(-1)).toBe(
      "Decide with: berth dead release t-1, berth dead decide t-1 --result succeeded|failed --reason TEXT, or berth dead discard t-1",
    );
  });

  test.each([
    ["waiting", "Why it waits: berth why t-1"],
    ["running", "Its log: berth logs t-1 --follow"],
    ["parked", "Decide with: berth dead release t-1, or berth dead discard t-1"],
  ] as const)("says what to do with a task that is %s", async (state, hint) => {
    api.answer(task, aTask({ state }));
    expect((await berth({ url: api.url }, "task", "t-1")).out.at(-1)).toBe(hint);
  });
});

describe("berth logs", () => {
  const lines = [
    aLine(1, "hello"),
    aLine(4, "oh", { stream: "stderr" }),
    aLine(5, "ended", { stream: "berth" }),
  ];

  test("shows the whole log, over all of its pages", async () => {
    api.log("t-1", lines, { pageLines: 2 }).answer(task, aTask());
    expect(await berth({ url: api.url }, "logs", "t-1")).toEqual({
      exitCode: 0,
      out: ["hello", "oh", "ended"],
      err: [],
    });
    const pages = api.requests("GET /v1/default/tasks/t-1/log");
    expect(pages.map(({ query }) => query.after)).toEqual(["0", "4", "5"]);
  });

  test("is a list as JSON, and one object a line when it is followed", async () => {
    api
      .log("t-1", lines, { complete: true })
      .answer(task, aTask())
      .events("t-1", () => [taskEvent("running"), taskEvent("succeeded")]);
    expect(jsonOf(await berth({ url: api.url }, "logs", "t-1", "--json"))).toEqual(page(lines));
    const followed = await berth({ url: api.url }, "logs", "t-1", "--follow", "--json");
    expect(followed.out.map((line) => JSON.parse(line))).toEqual(lines);
    expect((await berth({ url: api.url }, "logs", "t-1", "--follow")).out).toEqual(["hello", "oh", "ended"]);
  });

  test("names the target of each line where there are several", async () => {
    const legs = ["web-1", "web-2"].map((target) => aLeg({ id: `t-1/${target}`, target }));
    const both = [aLine(1, "one"), aLine(2, "two", { leg: "t-1/web-2", stream: "stderr" })];
    api.log("t-1", both, { complete: true }).answer(task, aTask({ targets: ["web-1", "web-2"], legs }));
    expect((await berth({ url: api.url }, "logs", "t-1")).out).toEqual(["web-1 | one", "web-2 | two"]);
    api.events("t-1", () => [taskEvent("succeeded")]);
    expect((await berth({ url: api.url }, "logs", "t-1", "--follow")).out).toEqual([
      ...["web-1 | one", "web-2 | two"],
    ]);
  });

  test("says on stderr when there is nothing", async () => {
    api.log("t-1", []);
    expect(await berth({ url: api.url }, "logs", "t-1")).toEqual({
      exitCode: 0,
      out: [],
      err: ["Task t-1 has written nothing so far."],
    });
  });
});

describe("berth top and berth prioritize", () => {
  const route = "POST /v1/default/tasks/t-1/prioritize";

  test("move a task, and say where to", async () => {
    api.on(route, ok(aTask({ priority: "top" })));
    expect((await berth({ url: api.url }, "top", "t-1")).out).toEqual([
      "t-1 is before all others now: deploy shop on web-1",
    ]);
    expect((await berth({ url: api.url }, "prioritize", "t-1", "low")).out).toEqual([
      "t-1 has priority low now: deploy shop on web-1",
    ]);
    expect(api.received.map(({ body }) => body)).toEqual([{ priority: "top" }, { priority: "low" }]);
    expect(jsonOf(await berth({ url: api.url }, "top", "t-1", "--json"))).toEqual(aTask({ priority: "top" }));
    expect(jsonOf(await berth({ url: api.url }, "prioritize", "t-1", "top", "--json"))).toEqual(
      aTask({ priority: "top" }),
    );
  });

  test("refuse a class that there is not", async () => {
    const ran = await berth({ url: api.url }, "prioritize", "t-1", "urgent");
    expect(ran.exitCode).toBe(2);
    expect(ran.err[0]).toContain("Allowed choices are top, high, normal, low.");
  });
});
