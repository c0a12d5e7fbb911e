import { expect, test } from "vitest";
import { BerthError } from "./errors.ts";
import { digestOf, newItemId, newTaskId, scheduledTaskOf, submissionOf, taskIdForKey } from "./identity.ts";
import {
  ScheduledTask,
  ScheduledTaskRequest,
  type ScheduledTaskRequestInput,
  Submission,
  TaskRequest,
  type TaskRequestInput,
} from "./task.ts";
import { Id } from "./words.ts";

const now = Date.parse("2031-05-06T07:08:09Z");

function submit(request: TaskRequestInput): Submission {
  const submission = submissionOf("default", TaskRequest.parse(request), now);
  expect(Submission.parse(submission)).toEqual(submission);
  return submission;
}

function refusalOf(request: TaskRequestInput): string {
  try {
    submit(request);
  } catch (error) {
    if (error instanceof BerthError) return error.code;
    throw error;
  }
  return "none";
}

const script = { text: "echo hello" };

test("ids of tasks are unique, grow in the order in which they are made, and are short", () => {
  const ids = Array.from({ length: 100_000 }, newTaskId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((id) => id.length === 24)).toBe(true);
  expect(Id.parse(ids[0])).toBe(ids[0]);
  expect(Id.parse(newItemId())).toMatch(/^i-/);
});

test("an idempotency key gives the same id in its space, and another id in another space", () => {
  expect(taskIdForKey("default", "nightly")).toBe(taskIdForKey("default", "nightly"));
  expect(taskIdForKey("default", "nightly")).not.toBe(taskIdForKey("other", "nightly"));
  expect(taskIdForKey("a", "b/c")).not.toBe(taskIdForKey("a/b", "c"));
  expect(taskIdForKey("default", "nightly")).toHaveLength(26);
});

test("a digest does not depend on the order of keys, but on that of lists", () => {
  expect(digestOf({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(digestOf({ b: { c: [1, 2] }, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(digestOf({ a: "1" })).not.toBe(digestOf({ a: 1 }));
});

test("defaults are filled in and relative times become absolute", () => {
  expect(submit({ kind: "job", target: "web-1", script, queueExpiryMs: 5000 })).toMatchObject({
    name: "job",
    targets: ["web-1"],
    queueExpiresAt: now + 5000,
    notBefore: null,
    timeoutMs: null,
    digest: "",
    payload: { script: { interpreter: "bash", text: "echo hello", arguments: [] }, handler: null },
  });
});

test("a task that may not start yet begins to expire when it may", () => {
  const notBefore = "2031-05-06T10:08:09+01:00";
  const submission = submit({ kind: "job", target: "web-1", script, notBefore, queueExpiryMs: 5000 });
  expect(submission.notBefore).toBe(Date.parse(notBefore));
  expect(submission.queueExpiresAt).toBe(Date.parse(notBefore) + 5000);
});

test("the same body under a key has the same id and digest at any time, another body another digest", () => {
  const request: TaskRequestInput = {
    kind: "deploy",
    target: "web-1",
    script,
    queueExpiryMs: 5,
    idempotencyKey: "k",
  };
  const first = submit(request);
  const again = submissionOf("default", TaskRequest.parse({ ...request, mutex: "script" }), now + 1000);
  expect([again.id, again.digest]).toEqual([first.id, first.digest]);
  const other = submit({ ...request, queueExpiryMs: 6 });
  expect(other.id).toBe(first.id);
  expect(other.digest).not.toBe(first.digest);
});

test("a digest covers the plan, and what means the same has the same digest", () => {
  const request: TaskRequestInput = { kind: "job", target: "web-1", script, idempotencyKey: "k" };
  const plain = submit(request);
  const said = submit({ ...request, rollout: { type: "rolling" }, slotScope: "task", semaphores: [] });
  expect([said.plan, said.digest]).toEqual([null, plain.digest]);
  const both = submit({ ...request, semaphores: ["database", "licence"] });
  expect(submit({ ...request, semaphores: ["licence", "database"] }).digest).toBe(both.digest);
  expect(both.digest).not.toBe(plain.digest);
  const steps = submit({
    kind: "job",
    target: "web-1",
    idempotencyKey: "k",
    steps: [{ name: "one", script }],
  });
  const others = [{ name: "one", script: { text: "echo other" } }];
  expect(submit({ kind: "job", target: "web-1", idempotencyKey: "k", steps: others }).digest).not.toBe(
    steps.digest,
  );
});

test("a schedule's task is that of a request, and its health checks equal those of people", () => {
  const request: ScheduledTaskRequestInput = { kind: "health-check", target: "web-1", requestedBy: "ann" };
  const task = scheduledTaskOf(ScheduledTaskRequest.parse({ ...request, queueExpiryMs: 5000 }));
  expect(ScheduledTask.parse(task)).toEqual(task);
  expect(task).toMatchObject({ name: "health-check", targets: ["web-1"], plan: null, queueExpiryMs: 5000 });
  expect(task.digest).toBe(submit({ kind: "health-check", target: "web-1", queueExpiryMs: 5000 }).digest);
  expect(scheduledTaskOf(ScheduledTaskRequest.parse({ kind: "job", target: "web-1", script })).digest).toBe(
    "",
  );
});

test("health checks are equal when they check the same, whoever asks for them", () => {
  const check = submit({ kind: "health-check", target: "web-1", requestedBy: "ann" });
  const same = submit({ kind: "health-check", target: "web-1", requestedBy: "bob", labels: { a: "b" } });
  const other = submit({ kind: "health-check", target: "web-1", script });
  expect(same.digest).toBe(check.digest);
  expect(same.id).not.toBe(check.id);
  expect(other.digest).not.toBe(check.digest);
});

test.each<[string, TaskRequestInput]>([
  ["target_missing", { kind: "deploy", script }],
  ["target_missing", { kind: "deploy", target: "web-1", targets: ["web-2"], script }],
  ["target_repeated", { kind: "deploy", targets: ["web-1", "web-2", "web-1"], script }],
  ["script_missing", { kind: "deploy", target: "web-1" }],
  ["script_missing", { kind: "runbook", target: "web-1" }],
  ["script_missing", { kind: "job", target: "web-1" }],
  ["script_and_handler", { kind: "job", target: "web-1", script, handler: { name: "work" } }],
  ["none", { kind: "health-check", target: "web-1" }],
  ["none", { kind: "job", target: "web-1", handler: { name: "work" } }],
])("%s: %j", (code, request) => {
  expect(refusalOf(request)).toBe(code);
});
