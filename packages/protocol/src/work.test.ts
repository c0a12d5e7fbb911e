import { expect, test } from "vitest";
import { BerthError } from "./errors.ts";
import { Plan } from "./plan.ts";
import { TaskRequest, type TaskRequestInput } from "./task.ts";
import { type Work, workOf } from "./work.ts";

const script = { text: "echo hello" };
const complete = { interpreter: "bash", text: "echo hello", arguments: [] };

function work(wish: Partial<TaskRequestInput>): Work {
  return workOf(TaskRequest.parse({ kind: "deploy", target: "web-1", ...wish }));
}

function plan(wish: Partial<TaskRequestInput>): Plan | null {
  const { plan } = work({ script, ...wish });
  return plan === null ? null : Plan.parse(plan);
}

test("a task that asks for nothing but the ordinary has no plan", () => {
  expect(plan({})).toBeNull();
  expect(plan({ rollout: { type: "rolling" }, semaphores: [], slotScope: "task" })).toBeNull();
});

test("a plan is filled in with what is ordinary", () => {
  expect(plan({ supersedes: "shop" })).toEqual({
    rollout: { type: "rolling", window: null, failuresMax: null },
    semaphores: [],
    parent: null,
    supersedes: "shop",
    slotScope: "task",
    steps: [],
    spreadMs: null,
  });
  expect(plan({ parent: "t-1", spreadMs: 60_000, semaphores: ["licence", "database"] })).toMatchObject({
    ...{ parent: "t-1", spreadMs: 60_000, semaphores: ["database", "licence"] },
  });
});

test("a rollout stops after the first failure when it has a window, and at none when it has no window", () => {
  const rolloutOf = (rollout: TaskRequestInput["rollout"]) => plan({ rollout })?.rollout;
  expect(rolloutOf({ type: "rolling", window: 2 })).toEqual({ type: "rolling", window: 2, failuresMax: 0 });
  expect(rolloutOf({ type: "rolling", window: 2, failuresMax: 3 })).toMatchObject({ failuresMax: 3 });
  expect(rolloutOf({ type: "rolling", failuresMax: 0 })).toEqual({
    ...{ type: "rolling", window: null, failuresMax: 0 },
  });
  expect(rolloutOf({ type: "together" })).toEqual({ type: "together" });
});

test("what steps run is in the payload, and all else about them in the plan", () => {
  const { plan, payload } = work({
    steps: [
      { name: "stop", script },
      { name: "wait", awaitsChildren: true, onChildFailure: "continue" },
      { name: "start", handler: { name: "start", input: 7 } },
    ],
  });
  expect(plan?.steps).toEqual([
    { name: "stop", awaitsChildren: false, onChildFailure: "fail" },
    { name: "wait", awaitsChildren: true, onChildFailure: "continue" },
    { name: "start", awaitsChildren: false, onChildFailure: "fail" },
  ]);
  expect(payload).toMatchObject({
    ...{ script: null, handler: null },
    steps: [
      { script: complete, handler: null },
      { script: null, handler: null },
      { script: null, handler: { name: "start", input: 7 } },
    ],
  });
});

test.each<[string, Partial<TaskRequestInput>, RegExp]>([
  ["target_repeated", { target: undefined, targets: ["a", "b", "a"], script }, /"a" is named twice/],
  ["plan_contradictory", { script, steps: [{ name: "one", script }] }, /both `steps` and `script`/],
  ["plan_contradictory", { handler: { name: "do" }, steps: [{ name: "one", script }] }, /`handler`/],
  ["plan_contradictory", { script, slotScope: "step" }, /no steps/],
  ["script_missing", { steps: [{ name: "one" }] }, /step "one" needs something to run/],
  [
    "script_and_handler",
    { steps: [{ name: "one", script, handler: { name: "do" } }] },
    /step "one" has both `script` and `handler`/,
  ],
  [
    "plan_contradictory",
    { steps: [{ name: "one", script, onChildFailure: "continue" }] },
    /step "one" says onChildFailure and does not await children/,
  ],
])("%s: %j", (code, wish, message) => {
  expect(() => work(wish)).toThrow(message);
  expect(() => work(wish)).toThrow(expect.objectContaining({ code, name: BerthError.name }));
});

test.each<[string, Partial<TaskRequestInput>]>([
  ["a semaphore that is named twice", { semaphores: ["database", "database"] }],
  ["a semaphore whose name is none", { semaphores: ["data base"] }],
  ["a window of nothing", { rollout: { type: "rolling", window: 0 } }],
  ["a window for legs that start together", { rollout: { type: "together", window: 2 } as never }],
  ["more than 100 steps", { steps: Array.from({ length: 101 }, (_, i) => ({ name: `s${i}`, script })) }],
  ["no steps", { steps: [] }],
  ["a step without a name", { steps: [{ script } as never] }],
  ["more than 20 semaphores", { semaphores: Array.from({ length: 21 }, (_, i) => `s${i}`) }],
  ["more than 10,000 targets", { targets: Array.from({ length: 10_001 }, (_, i) => `web-${i}`) }],
])("%s is refused by the schema", (_, wish) => {
  expect(TaskRequest.safeParse({ kind: "deploy", target: "web-1", ...wish }).success).toBe(false);
});
