// How a transcript writes a task: `submit ID KIND TARGET,TARGET`, and settings. A schedule says the same without the id.
//
//     rollout=rolling window=2 failures=0      over two targets at a time; stops with the first that fails
//     rollout=together                         on all its targets at one instant
//     semaphores=db,mail parent=d1 supersedes=shop slot-scope=step spread=10s estimate=5min
//     steps=prepare,collect*,report            `*`: the step awaits the children of the task
//     steps=prepare,collect*continue           …and goes on even where one of them did not succeed
//
// As in a request, `failures` is 0 with a window and without a limit (`failures=any`) without one.
import type { PriorityClass, ScheduledTask, Step, SubmitCommand, TaskKind, TaskPlan } from "@berth/engine";
import type { Base } from "./command.ts";
import type { Line } from "./line.ts";

const usualName: Readonly<Record<TaskKind, string>> = {
  deploy: "shop",
  runbook: "restart",
  "health-check": "ping",
  job: "report",
};

export function readSubmit(line: Line, base: Base): SubmitCommand {
  const id = line.word("the id");
  const ended = line.setting("ended");
  return {
    ...base,
    type: "submit",
    ended: ended === null ? null : { digest: ended },
    task: {
      id,
      ...readWork(line),
      notBefore: line.moment("not-before"),
      queueExpiresAt: line.moment("expires"),
    },
  };
}

/** What a schedule enqueues each time. */
export function readScheduledTask(line: Line): ScheduledTask {
  return { ...readWork(line), queueExpiryMs: line.duration("expiry") };
}

function readWork(line: Line): Omit<ScheduledTask, "queueExpiryMs"> {
  const kind = line.word("the kind") as TaskKind;
  const targets = line.word("the target").split(",");
  return {
    kind,
    name: line.setting("name") ?? usualName[kind],
    targets: targets[0] === "nothing" ? [] : targets,
    mutex: line.setting("mutex") ?? "script",
    priority: (line.setting("priority") ?? "normal") as PriorityClass,
    variables: line.group("var"),
    digest: line.setting("digest") ?? "",
    timeoutMs: line.duration("timeout"),
    estimateMs: line.duration("estimate"),
    cancelGraceMs: line.duration("grace"),
    plan: readPlan(line),
  };
}

const planSettings: readonly string[] = [
  "rollout",
  "window",
  "failures",
  "semaphores",
  "parent",
  "supersedes",
  "slot-scope",
  "steps",
  "spread",
];

function readPlan(line: Line): TaskPlan | null {
  if (!planSettings.some((key) => line.has(key))) return null;
  return {
    rollout: readRollout(line),
    semaphores: line.list("semaphores"),
    parent: line.setting("parent"),
    supersedes: line.setting("supersedes"),
    slotScope: (line.setting("slot-scope") ?? "task") as TaskPlan["slotScope"],
    steps: line.list("steps").map(readStep),
    spreadMs: line.duration("spread"),
  };
}

function readRollout(line: Line): TaskPlan["rollout"] {
  const type = line.setting("rollout") ?? "rolling";
  if (type === "together") return { type };
  if (type !== "rolling") throw new Error(`"${line.text}": rollout is rolling or together`);
  const window = line.number("window");
  const failures = line.setting("failures") ?? (window === null ? "any" : "0");
  return { type, window, failuresMax: failures === "any" ? null : Number(failures) };
}

function readStep(text: string): Step {
  const [name = "", rule] = text.split("*");
  return {
    name,
    awaitsChildren: rule !== undefined,
    onChildFailure: rule === "continue" ? "continue" : "fail",
  };
}
