import type { CauseView } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi } from "../support/canned-api.ts";
import { agoText, anExplanation } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

describe("berth why", () => {
  test("names every cause and who is in the way", async () => {
    const explanation = anExplanation();
    explanation.legs[0]!.causes.push({
      code: "held",
      message: "a hold by grace covers it: the database is moved",
      blockers: [
        {
          type: "hold",
          id: "h-1",
          task: null,
          since: agoText(3_600_000),
          note: "grace: the database is moved",
        },
      ],
      until: agoText(-7_200_000),
    });
    api.answer("GET /v1/default/tasks/t-1/explain", explanation);
    const { out, exitCode } = await berth({ url: api.url }, "why", "t-1");
    expect(exitCode).toBe(0);
    expect(out.slice(0, 5)).toEqual([
      "t-1 is waiting.",
      "",
      "web-1 (exclusive, position 1 in line)",
      "  slot-taken: the slot script of web-1 is taken",
      "    task t-0: deploy shop, exclusive, running, for 10 min",
    ]);
    expect(out[5]).toMatch(
      /^ {2}held: a hold by grace covers it: the database is moved; until .* \(in 2 h\) at the latest$/,
    );
    expect(out.slice(6)).toEqual([
      "    hold h-1: grace: the database is moved, for 1 h",
      "  Nobody can know when it starts.",
    ]);
    expect(jsonOf(await berth({ url: api.url }, "why", "t-1", "--json"))).toEqual(explanation);
  });

  test.each([
    [agoText(-300_000), /^ {2}Starts about \d\d:\d5, in 5 min\.$/],
    [agoText(-48 * 3_600_000), /^ {2}Starts about 2026-03-0\d \d\d:\d0, in 2 d\.$/],
    [agoText(0), /^ {2}Starts now\.$/],
    [null, /^ {2}Nobody can know when it starts\.$/],
  ])("tells the estimated start %s", async (estimatedStartAt, line) => {
    const explanation = anExplanation();
    explanation.legs[0] = { ...explanation.legs[0]!, estimatedStartAt };
    api.answer("GET /v1/default/tasks/t-1/explain", explanation);
    expect((await berth({ url: api.url }, "why", "t-1")).out.at(-1)).toMatch(line);
  });

  test("names semaphores, children and holds that begin later", async () => {
    const explanation = anExplanation();
    type Blocker = CauseView["blockers"][number];
    const blocker = (type: Blocker["type"], id: string, note: string): Blocker => {
      return { type, id, task: type === "task" ? id : null, since: null, note };
    };
    const cause = (code: string, message: string, ...blockers: Blocker[]) => {
      return { code, message, blockers, until: null };
    };
    const window = { ...blocker("hold", "h-1", "grace: move"), since: agoText(-7_200_000) };
    explanation.legs[0]!.causes = [
      cause(
        "semaphore-full",
        "semaphore licence allows 3, and 3 are taken",
        blocker("semaphore", "licence", "3 of 3"),
      ),
      cause("children", "its step start waits for 1 child", blocker("task", "t-2", 'job "x" (t-2), running')),
      cause("held", "it takes about 3 h, and a hold begins in 2 h", window),
    ];
    api.answer("GET /v1/default/tasks/t-1/explain", explanation);
    const { out } = await berth({ url: api.url }, "why", "t-1");
    expect(out.slice(3, 8)).toEqual([
      "  semaphore-full: semaphore licence allows 3, and 3 are taken",
      "    semaphore licence: 3 of 3",
      "  children: its step start waits for 1 child",
      '    task t-2: job "x" (t-2), running',
      "  held: it takes about 3 h, and a hold begins in 2 h",
    ]);
    expect(out[8]).toMatch(/^ {4}hold h-1: grace: move, from .* \(in 2 h\)$/);
  });

  test("says once what is the same for several targets", async () => {
    const [leg] = anExplanation().legs;
    const legs = ["web-1", "web-2", "web-3", "web-4", "web-5"].map((target) => ({ ...leg!, target }));
    api.answer(
      "GET /v1/default/tasks/t-1/explain",
      anExplanation({ legs: [...legs, { ...leg!, position: 2 }] }),
    );
    const { out } = await berth({ url: api.url }, "why", "t-1");
    expect(out.filter((line) => line.includes("position"))).toEqual([
      "web-1, web-2, web-3 and 2 more (exclusive, position 1 in line)",
      "web-1 (exclusive, position 2 in line)",
    ]);
  });

  test("tells in one sentence when there is no cause", async () => {
    const explanation = anExplanation({ state: "running" });
    explanation.legs[0] = {
      ...explanation.legs[0]!,
      state: "running",
      causes: [],
      position: null,
      summary: "It runs under tentacle web-1.",
    };
    api.answer("GET /v1/default/tasks/t-1/explain", explanation);
    expect((await berth({ url: api.url }, "why", "t-1")).out).toEqual([
      "t-1 is running.",
      "",
      "web-1 (exclusive): It runs under tentacle web-1.",
    ]);
  });
});
