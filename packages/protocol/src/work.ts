// What a task is asked to do, from the request to what the engine and the tentacle are told. It throws a `BerthError` for
// what no schema of single fields can see.
import { BerthError, type ErrorCode } from "./errors.ts";
import type { Plan, Rollout, RolloutRequest } from "./plan.ts";
import type { Payload, StepRequest, Submission, TaskRequest } from "./task.ts";

/** A task without what is new each time that it is asked for. */
export type Work = Omit<Submission, "id" | "digest" | "notBefore" | "queueExpiresAt">;

/** Every field by name: spreading a request would cost as much as checking it. */
export function workOf(request: TaskRequest): Work {
  const { kind, mutex, priority } = request;
  const targets = targetsOf(request);
  checkWork(request);
  return {
    kind,
    name: request.name ?? kind,
    targets,
    mutex,
    priority,
    timeoutMs: request.timeoutMs ?? null,
    estimateMs: request.estimateMs ?? null,
    cancelGraceMs: request.cancelGraceMs ?? null,
    plan: planOf(request),
    payload: payloadOf(request),
  };
}

function targetsOf({ target, targets }: TaskRequest): string[] {
  if (target !== undefined && targets !== undefined) {
    throw new BerthError("target_missing", "the task has both `target` and `targets`; give one of them");
  }
  if (target !== undefined) return [target];
  if (targets === undefined) {
    throw new BerthError("target_missing", 'the task names no target; give `target`, e.g. "web-1"');
  }
  const seen = new Set<string>();
  const twice = targets.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    throw wrong("target_repeated", "targets", `target "${twice}" is named twice; name each target once`);
  }
  return targets;
}

function checkWork({ kind, script, handler, steps, slotScope }: TaskRequest): void {
  if (steps !== undefined) {
    if (script !== undefined || handler !== undefined) {
      const extra = script === undefined ? "handler" : "script";
      const message = `the task has both \`steps\` and \`${extra}\`; put the ${extra} into one of the steps`;
      throw wrong("plan_contradictory", extra, message);
    }
    for (const [index, step] of steps.entries()) checkStep(kind, step, `steps[${index}]`);
    return;
  }
  if (slotScope === "step") {
    const message = "slotScope is step and the task has no steps; give `steps`, or leave it out";
    throw wrong("plan_contradictory", "slotScope", message);
  }
  if (script !== undefined && handler !== undefined) {
    throw new BerthError("script_and_handler", "the task has both `script` and `handler`; give one of them");
  }
  // A health check without either proves that the tentacle is there, which is what most checks are for.
  if (script === undefined && handler === undefined && kind !== "health-check") {
    throw new BerthError(
      "script_missing",
      `a ${kind} needs something to run; give \`script\`, e.g. {"text": "echo hello"}, or \`handler\`, or \`steps\``,
    );
  }
}

function checkStep(kind: TaskRequest["kind"], step: StepRequest, path: string): void {
  const { name, script, handler, awaitsChildren, onChildFailure } = step;
  if (script !== undefined && handler !== undefined) {
    throw wrong(
      "script_and_handler",
      path,
      `step "${name}" has both \`script\` and \`handler\`; give one of them`,
    );
  }
  // A step that waits for the children has done its work when they have ended.
  if (script === undefined && handler === undefined && kind !== "health-check" && !awaitsChildren) {
    throw wrong(
      "script_missing",
      path,
      `step "${name}" needs something to run; give it \`script\` or \`handler\``,
    );
  }
  if (onChildFailure !== undefined && !awaitsChildren) {
    const message = `step "${name}" says onChildFailure and does not await children; add \`"awaitsChildren": true\``;
    throw wrong("plan_contradictory", `${path}.onChildFailure`, message);
  }
}

function wrong(code: ErrorCode, path: string, message: string): BerthError {
  return new BerthError(code, message, { fields: [{ path, message }] });
}

function payloadOf(request: TaskRequest): Payload {
  return {
    script: request.script ?? null,
    handler: request.handler ?? null,
    steps: request.steps?.map(({ script = null, handler = null }) => ({ script, handler })) ?? [],
    variables: request.variables,
    labels: request.labels,
    requestedBy: request.requestedBy ?? null,
  };
}

/** `null` where nothing of it is asked for, also where what is asked for is what there is anyway. */
function planOf(request: TaskRequest): Plan | null {
  if (isOrdinary(request)) return null;
  const { semaphores = [], parent = null, supersedes = null, steps = [], spreadMs = null } = request;
  return {
    rollout: rolloutOf(request.rollout),
    // Their order means nothing, and two requests that differ in nothing else are the same.
    semaphores: semaphores.toSorted(),
    parent,
    supersedes,
    slotScope: request.slotScope ?? "task",
    steps: steps.map(({ name, awaitsChildren, onChildFailure = "fail" }) => {
      return { name, awaitsChildren, onChildFailure };
    }),
    spreadMs,
  };
}

function isOrdinary({ rollout, semaphores, parent, supersedes, steps, spreadMs }: TaskRequest): boolean {
  return (
    isOrdinaryRollout(rollout) &&
    (semaphores === undefined || semaphores.length === 0) &&
    parent === undefined &&
    supersedes === undefined &&
    steps === undefined &&
    spreadMs === undefined
  );
}

function isOrdinaryRollout(rollout: RolloutRequest | undefined): boolean {
  if (rollout === undefined) return true;
  return rollout.type === "rolling" && rollout.window === undefined && rollout.failuresMax === undefined;
}

function rolloutOf(rollout: RolloutRequest | undefined): Rollout {
  if (rollout === undefined) return { type: "rolling", window: null, failuresMax: null };
  if (rollout.type === "together") return rollout;
  const { window = null, failuresMax = window === null ? null : 0 } = rollout;
  return { type: "rolling", window, failuresMax };
}
