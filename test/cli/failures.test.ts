import type { LegView } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, ok, refused } from "../support/canned-api.ts";
import { aDeadLetter, agoText, aLeg, anOops, aSummary, aTask } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const page = <Item>(items: Item[], next: string | null = null) => ({ items, next });
const onlyLine = (line: string) => ({ exitCode: 0, out: [line], err: [] });

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
      "ID   KIND    NAME  TARGET  QUEUED     FAILURES  PARKED FOR  WHY                    OOPS",
      "t-1  deploy  shop  web-1   3 min ago  5         -           all 5 attempts failed  OOPS-1",
    ]);
    expect(api.received[0]?.query).toEqual({ target: "web-1", limit: "50" });
    expect((await berth({ url: api.url }, "dead")).out).toEqual(ran.out);
    expect(jsonOf(await berth({ url: api.url }, "dead", "--json"))).toEqual(page([aDeadLetter()]));
  });

  test("list tells what each is parked for, and its fingerprint if that is wanted", async () => {
    const parkedLeg = (parking: LegView["parking"]) => aLeg({ state: "parked", failures: 1, parking });
    const fingerprint = "deploy|shop|Crash|no";
    const alike = { for: "failures", fingerprint, versions: ["1.4.0", "1.4.1"] } as const;
    const unknown = { for: "decision", fingerprint: "deploy|shop|SessionLost", versions: [] } as const;
    const two = aLeg({ state: "running", target: "web-2", parking: { ...unknown, versions: [] } });
    const items = [
      aDeadLetter({ legs: [parkedLeg({ ...alike, versions: [...alike.versions] }), two] }),
      aDeadLetter({ id: "t-2", legs: [parkedLeg({ ...unknown, versions: [] })] }),
    ];
    api.answer(list, page(items));
    const column = (line: string) => /(failures with [^ ]+ [^ ]+|a decision) /.exec(line)?.[1];
    const { out } = await berth({ url: api.url }, "dead");
    expect(out.slice(1).map(column)).toEqual(["failures with 1.4.0, 1.4.1", "a decision"]);
    expect(out.join("\n")).not.toContain(fingerprint);
    const told = await berth({ url: api.url }, "dead", "list", "--fingerprints");
    expect(told.out.map((line) => line.split("  ").at(-1))).toEqual([
      ...["FINGERPRINT", fingerprint, "deploy|shop|SessionLost"],
    ]);
  });

  test("decide says how a task ended, with a reason", async () => {
    api.answer("POST /v1/default/tasks/t-1/decide", aTask({ state: "succeeded" }));
    const words = ["dead", "decide", "t-1", "--result", "succeeded", "--reason", "the new version answers"];
    expect(await berth({ url: api.url }, ...words)).toEqual(
      onlyLine("t-1 is succeeded: deploy shop on web-1"),
    );
    expect(api.received[0]?.body).toEqual({
      ...{ result: "succeeded", reason: "the new version answers", by: "ada" },
    });
    expect(jsonOf(await berth({ url: api.url }, ...words, "--by", "grace", "--json"))).toMatchObject({
      state: "succeeded",
    });
    expect(api.received[1]?.body).toMatchObject({ by: "grace" });
  });

  test.each([
    [["t-1", "--result", "succeeded"], "required option '--reason <text>' not specified"],
    [["t-1", "--reason", "r"], "required option '--result <result>' not specified"],
    [["t-1", "--reason", "r", "--result", "fine"], "Expected succeeded or failed."],
    [["--reason", "r", "--result", "failed"], "missing required argument 'task'"],
  ])("decide refuses %j before it asks the server", async (words, message) => {
    const ran = await berth({ url: api.url }, "dead", "decide", ...words);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(message);
    expect(api.received).toEqual([]);
  });

  test("decide exits with 5 where nothing is to be decided", async () => {
    const refusal = refused("task_not_parked", "task t-1 is running, not parked");
    api.on("POST /v1/default/tasks/t-1/decide", refusal);
    expect(
      await berth({ url: api.url }, "dead", "decide", "t-1", "--result", "failed", "--reason", "r"),
    ).toEqual({
      exitCode: 5,
      out: [],
      err: ["berth: task t-1 is running, not parked", "List what is parked with: berth dead list"],
    });
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
    const options = [
      "--task",
      "t-1",
      "--target",
      "web-1",
      "--fingerprint",
      "a|b",
      "--from",
      "-2h",
      "--before",
      "-1h",
    ];
    const ran = await berth({ url: api.url }, "oops", "list", ...options);
    expect(ran.out).toEqual([
      "ID      WHEN       TYPE         VALUE                                        TASK  TARGET  ATTEMPT  THEN",
      "OOPS-1  5 min ago  SessionLost  the lease of session s-1 ended while it ran  t-1   web-1   1        parked",
    ]);
    expect(api.received[0]?.query).toEqual({
      task: "t-1",
      target: "web-1",
      fingerprint: "a|b",
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
    expect(out).toContain("Task         t-1 deploy shop");
    expect(out).toContain("Tentacle     web-1 1.4.0");
    expect(out).toContain(
      "Fingerprint  deploy|shop|SessionLost|the lease of session <id> ended while it ran",
    );
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
