import type { TaskState, TaskView } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, cut, forever, raw, refused, taskEvent } from "../support/canned-api.ts";
import { agoText, aLeg, aLine, anExplanation, aTask } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
const enqueue = ["enqueue", "deploy", "--target", "web-1", "--name", "shop", "--script", "true"];
const times = { startedAt: agoText(60_000), endedAt: agoText(10_000) };
const ended = (state: TaskState, exitCode: number | null = null, reason: string | null = null) =>
  aTask({ state, ...times, legs: [aLeg({ state, exitCode, reason })] });

beforeEach(async () => {
  api = await CannedApi.start();
  api
    .answer("POST /v1/default/tasks", { id: "t-1", existing: false, joined: null })
    .answer("GET /v1/default/tasks/t-1/explain", anExplanation())
    .events("t-0", () => [taskEvent("running", { task: "t-0" })])
    .log("t-1", [aLine(1, "hello"), aLine(2, "careful", { stream: "stderr" })], { complete: true })
    .answer("GET /v1/default/tasks/t-1", ended("succeeded", 0))
    .events("t-1", () => [taskEvent("waiting"), taskEvent("running"), taskEvent("succeeded")]);
});
afterEach(() => api.stop());

/** Answers as a server does that goes through the states one by one, each after what was told of the one before. */
function stepwise(...states: readonly TaskState[]): (line: string) => void {
  const told = states.map(() => Promise.withResolvers<void>());
  api
    .events("t-1", async function* () {
      for (const [index, state] of states.entries()) {
        await told[index - 1]?.promise;
        yield taskEvent(state);
      }
    })
    .log("t-1", [aLine(1, "hello")]);
  return (line) => {
    const index = states.findIndex((state) => line.startsWith(`[${state}]`));
    // Of a waiting one the reason comes last.
    if (index !== -1 && line !== "[waiting]") told[index]?.resolve();
  };
}

describe("berth enqueue --wait", () => {
  test("shows states, why it waits and the log, and exits with 0 when the task succeeded", async () => {
    const onNote = stepwise("waiting", "running", "succeeded");
    const ran = await berth({ url: api.url, onNote }, ...enqueue, "--wait");
    expect(ran).toEqual({
      exitCode: 0,
      out: ["hello"],
      err: [
        "Enqueued t-1: deploy shop on web-1",
        "[waiting]",
        "[waiting] position 1 in line: the slot script of web-1 is taken",
        "[running]",
        "[succeeded] t-1 deploy shop on web-1: after 50 s, exit code 0",
      ],
    });
  });

  test("tells the reason again only when it is another one", async () => {
    const behind = anExplanation();
    behind.legs[0]!.position = 3;
    api
      .answer("GET /v1/default/tasks/t-1/explain", behind, behind, anExplanation())
      .events("t-0", () => [
        taskEvent("granted", { task: "t-0" }),
        taskEvent("running", { task: "t-0" }),
        taskEvent("succeeded", { task: "t-0" }),
      ]);
    const reasons: string[] = [];
    const started = Promise.withResolvers<void>();
    api.events("t-1", async function* () {
      yield taskEvent("waiting");
      await started.promise;
      yield taskEvent("succeeded");
    });
    const onNote = (line: string): void => {
      if (line.startsWith("[waiting] ")) reasons.push(line);
      if (line.startsWith("[waiting] position 1")) started.resolve();
    };
    await berth({ url: api.url, onNote }, ...enqueue, "--wait");
    expect(reasons).toEqual([
      "[waiting] position 3 in line: the slot script of web-1 is taken",
      "[waiting] position 1 in line: the slot script of web-1 is taken",
    ]);
  });

  test("says when the log goes on with another attempt", async () => {
    api.log("t-1", [aLine(1, "one"), aLine(2, "one", { attempt: 2 }), aLine(3, "two", { attempt: 2 })], {
      complete: true,
    });
    api.events("t-1", () => [taskEvent("succeeded")]);
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran.out).toEqual(["one", "one", "two"]);
    expect(ran.err[0]).toBe("[running] attempt 2");
  });

  test("says that the server is away, and goes on when it is back", async () => {
    const events = "GET /v1/default/tasks/t-1/events";
    api.on(events, cut, cut, cut, raw(200, "text/event-stream", taskEvent("succeeded")));
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran.exitCode).toBe(0);
    expect(ran.err).toEqual([
      expect.stringMatching(/ cannot be reached: the connection was cut .* Trying again…$/),
      "[succeeded] t-1 deploy shop on web-1: after 50 s, exit code 0",
    ]);
  });

  test("gives the task as its last line with --json, and nothing else on stdout", async () => {
    const ran = await berth({ url: api.url }, ...enqueue, "--wait", "--json");
    expect(jsonOf(ran)).toEqual(ended("succeeded", 0));
    expect(ran.err).toContain("hello");
  });

  test.each([
    ["failed", 1, 3, "exit code 3"],
    ["canceled", 10, null, "after 50 s"],
    ["timed-out", 11, null, "after 50 s"],
    ["unavailable", 12, null, "after 50 s"],
  ] as const)("exits by the outcome %s with %d", async (state, exitCode, scriptCode, text) => {
    api.answer("GET /v1/default/tasks/t-1", ended(state, scriptCode)).events("t-1", () => [taskEvent(state)]);
    const ran = await berth({ url: api.url }, ...enqueue, "--wait");
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err.at(-1)).toContain(`[${state}] t-1 deploy shop on web-1`);
    expect(ran.err.at(-1)).toContain(text);
  });

  test("does not wait for a decision that somebody else has to make", async () => {
    api
      .answer("GET /v1/default/tasks/t-1", ended("parked", null, "all 5 attempts failed"))
      .events("t-1", async function* () {
        yield taskEvent("parked");
        await forever;
      });
    const ran = await berth({ url: api.url }, ...enqueue, "--wait");
    expect(ran.exitCode).toBe(13);
    expect(ran.err.slice(-2)).toEqual([
      "[parked] t-1 deploy shop on web-1: after 50 s, all 5 attempts failed",
      "Decide with: berth dead release t-1, or berth dead discard t-1",
    ]);
  });

  test("says until when it may take, where that can be known", async () => {
    const explanation = anExplanation();
    explanation.legs[0]!.estimatedStartAt = agoText(-300_000);
    api.answer("GET /v1/default/tasks/t-1/explain", explanation);
    const onNote = stepwise("waiting", "running", "succeeded");
    const ran = await berth({ url: api.url, onNote }, ...enqueue, "--wait");
    expect(ran.err[2]).toMatch(/is taken; starts about \d\d:\d5$/);
  });

  test("stops waiting on ^C, says that the task goes on, and exits with 130", async () => {
    api.events("t-1", async function* () {
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
          if (line === "[running]") interrupt();
        },
      },
      ...enqueue,
      "--wait",
    );
    expect(ran.exitCode).toBe(130);
    expect(ran.err.at(-1)).toBe("Stopped waiting. Task t-1 goes on; follow it again with: berth wait t-1");
    expect(api.received.some(({ path }) => path.endsWith("/cancel"))).toBe(false);
  });
});

describe("a task on several targets", () => {
  const legs = ["web-1", "web-2", "web-3"].map((target) => {
    return aLeg({ id: `t-1/${target}`, target, state: "succeeded", attempt: 1, exitCode: 0 });
  });
  const targets = ["web-1", "web-2", "web-3"];
  const lineOf = (target: string, position: number, text: string, attempt = 1) =>
    aLine(position, text, { leg: `t-1/${target}`, attempt });
  const bad = { ...legs[1]!, state: "failed", exitCode: 3, reason: "exit code 3" } as const;
  const canceled = { ...legs[2]!, state: "canceled", exitCode: null, reason: "1 leg failed" } as const;
  const failed = aTask({ state: "failed", ...times, targets, legs: [legs[0]!, bad, canceled] });

  test("tells of each line which target wrote it, and of each that did not succeed why", async () => {
    const lines = [lineOf("web-1", 1, "one"), lineOf("web-2", 2, "two"), lineOf("web-2", 3, "again", 2)];
    api
      .log("t-1", lines, { complete: true })
      .events("t-1", () => [taskEvent("failed")])
      .answer("GET /v1/default/tasks/t-1", failed);
    expect(await berth({ url: api.url }, "wait", "t-1")).toEqual({
      exitCode: 1,
      out: ["web-1 | one", "web-2 | two", "web-2 | again"],
      err: [
        "[running] web-2: attempt 2",
        "web-2: failed, exit code 3",
        "web-3: canceled, 1 leg failed",
        "[failed] t-1 deploy shop on web-1, web-2, web-3: after 50 s, 1 succeeded, 1 failed, 1 canceled",
      ],
    });
    const followed = await berth({ url: api.url }, ...enqueue, "--follow");
    expect(followed.out).toEqual(["web-1 | one", "web-2 | two", "web-2 | again"]);
    expect(followed.err[0]).toBe("web-2: failed, exit code 3");
  });

  test("tells the same reason once for all targets that have it", async () => {
    const [leg] = anExplanation().legs;
    const full = { code: "rollout-full", message: "its rollout goes over 1 target at a time", blockers: [] };
    const waiting = (target: string) => {
      return { ...leg!, target, position: null, causes: [{ ...full, until: null }] };
    };
    const waitingLegs = ["web-2", "web-3", "web-4", "web-5", "web-6"].map(waiting);
    const first = { ...leg!, state: "parked" as const, causes: [] };
    api.answer("GET /v1/default/tasks/t-1/explain", anExplanation({ legs: [first, ...waitingLegs] }));
    const onNote = stepwise("waiting", "succeeded");
    const ran = await berth({ url: api.url, onNote }, "wait", "t-1");
    expect(ran.err[1]).toBe(
      "[waiting] web-2, web-3, web-4 and 2 more: its rollout goes over 1 target at a time",
    );
  });
});

describe("a task with steps", () => {
  const step = (name: string) => ({ name, awaitsChildren: false, onChildFailure: "fail" }) as const;
  const plan = {
    rollout: { type: "rolling", window: null, failuresMax: null },
    ...{ semaphores: [], parent: null, supersedes: null, slotScope: "task", spreadMs: null },
    steps: [step("stop"), step("start")],
  } as const satisfies TaskView["plan"];
  const at = (attempt: number, number: number, fields: Partial<TaskView["legs"][number]> = {}) =>
    aTask({
      state: "running",
      plan: { ...plan, semaphores: [], steps: [...plan.steps] },
      legs: [aLeg({ state: "running", attempt, step: number, ...fields })],
    });

  test("tells each step as it begins, and which attempt of it", async () => {
    const lines = [1, 2, 3].map((attempt) => aLine(attempt, `line ${attempt}`, { attempt }));
    api
      .log("t-1", lines, { complete: true })
      .events("t-1", () => [taskEvent("succeeded")])
      .answer("GET /v1/default/tasks/t-1", at(1, 0), at(2, 1), at(3, 1, { failures: 1 }));
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran.out).toEqual(["line 1", "line 2", "line 3"]);
    expect(ran.err.slice(0, 3)).toEqual([
      "[running] step 1 of 2 (stop)",
      "[running] step 2 of 2 (start)",
      "[running] step 2 of 2 (start), attempt 3",
    ]);
  });

  test("does not guess which step it was, where that is over", async () => {
    const lines = [1, 2, 3].map((attempt) => aLine(attempt, `line ${attempt}`, { attempt }));
    api
      .log("t-1", lines, { complete: true })
      .events("t-1", () => [taskEvent("succeeded")])
      .answer("GET /v1/default/tasks/t-1", at(3, 1));
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran.err.slice(0, 3)).toEqual([
      "[running] step 1 of 2 (stop)",
      "[running] attempt 2",
      "[running] step 2 of 2 (start)",
    ]);
  });
});

describe("berth enqueue --follow", () => {
  test("writes what the script writes and nothing else", async () => {
    const ran = await berth({ url: api.url }, ...enqueue, "--follow");
    expect(ran).toEqual({ exitCode: 0, out: ["hello"], err: ["careful"] });
  });

  test("tells how it ended when that was not well", async () => {
    api
      .answer("GET /v1/default/tasks/t-1", ended("failed", 3, "exit code 3"))
      .events("t-1", () => [taskEvent("failed")]);
    const ran = await berth({ url: api.url }, ...enqueue, "--follow");
    expect(ran.exitCode).toBe(1);
    expect(ran.err.at(-1)).toBe("[failed] t-1 deploy shop on web-1: after 50 s, exit code 3");
  });
});

describe("berth wait", () => {
  test("waits for a task that was enqueued before", async () => {
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toContain("hello");
    expect(jsonOf(await berth({ url: api.url }, "wait", "t-1", "--json"))).toEqual(ended("succeeded", 0));
  });

  test("exits with 4 when there is no such task", async () => {
    api.on("GET /v1/default/tasks/t-1/events", refused("task_unknown", "there is no task t-1"));
    const ran = await berth({ url: api.url }, "wait", "t-1");
    expect(ran).toEqual({
      exitCode: 4,
      out: [],
      err: ["berth: there is no task t-1", "List the tasks with: berth tasks"],
    });
  });
});

describe("berth cancel", () => {
  const route = "POST /v1/default/tasks/t-1/cancel";

  test("says that the task is canceled, and as JSON what became of it", async () => {
    api.answer(route, aTask({ state: "canceled" }));
    const ran = await berth({ url: api.url }, "cancel", "t-1", "--reason", "wrong version");
    expect(ran).toEqual({ exitCode: 0, out: ["t-1 is canceled: deploy shop on web-1"], err: [] });
    expect(api.received[0]?.body).toEqual({ by: "ada", reason: "wrong version" });
    expect(jsonOf(await berth({ url: api.url }, "cancel", "t-1", "--json"))).toEqual(
      aTask({ state: "canceled" }),
    );
  });

  test("says until when a running task may end by itself", async () => {
    const cancel = { at: agoText(0), by: "ada", reason: "", deadlineAt: agoText(-30_000) };
    api.answer(route, aTask({ state: "cancelling", legs: [aLeg({ state: "cancelling", cancel })] }));
    const ran = await berth({ url: api.url }, "cancel", "t-1");
    expect(ran.out[0]).toMatch(
      /^t-1 is asked to end, until .* \(in 30 s\) at the latest: deploy shop on web-1$/,
    );
  });

  test("exits with 0 after --wait when it was canceled, and with 5 when it ended by itself", async () => {
    api.answer(route, aTask({ state: "cancelling" })).answer("GET /v1/default/tasks/t-1", ended("canceled"));
    expect((await berth({ url: api.url }, "cancel", "t-1", "--wait")).exitCode).toBe(0);
    api.answer("GET /v1/default/tasks/t-1", ended("succeeded", 0));
    expect((await berth({ url: api.url }, "cancel", "t-1", "--wait")).exitCode).toBe(5);
  });

  test("exits with 5 when the task has ended", async () => {
    api.on(route, refused("task_ended", "task t-1 has ended as failed; that never changes"));
    const ran = await berth({ url: api.url }, "cancel", "t-1");
    expect(ran).toEqual({
      exitCode: 5,
      out: [],
      err: ["berth: task t-1 has ended as failed; that never changes"],
    });
  });
});
