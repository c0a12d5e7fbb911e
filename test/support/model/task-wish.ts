// Tasks that collide: few targets, few names, short times.
import type { PriorityClass, Rollout, TaskKind, TaskPlan, TaskRequest } from "@berth/engine";
import { isEndState } from "@berth/engine";
import type { Draws } from "./action.ts";
import type { Pair } from "./pair.ts";

export const kinds: readonly TaskKind[] = ["deploy", "job", "health-check", "runbook"];
export const names: readonly string[] = ["shop", "mail"];
export const targetNames: readonly string[] = ["a", "b", "c"];
const places = [["a"], ["a"], ["b"], ["c"], ["a", "b"], ["b", "c"], ["a", "b", "c"], ["c", "a"]];
const classes: readonly PriorityClass[] = ["normal", "normal", "normal", "normal", "high", "low", "top"];

/** One of a list, which must not be empty where the answer is used. */
export function pick<Item>(list: readonly Item[], number: number): Item {
  return list[number % list.length] as Item;
}

/** One draw in `most` is set; the others leave it open. */
export function sometimes<Value>(number: number, most: number, value: Value): Value | null {
  return number % most === most - 1 ? value : null;
}

export function taskWish(pair: Pair, draws: Draws): TaskRequest {
  const kind = pick(kinds, draws.next());
  const targets = pick(places, draws.next());
  const [name, isolation, limits, timeout, estimate] = Array.from({ length: 5 }, () => draws.next()) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    id: `t${pair.stored.tasks.size}`,
    kind,
    name: pick(names, name),
    targets,
    mutex: pick(["script", "script", "db"], isolation),
    priority: pick(classes, name >> 1),
    variables: isolation % 5 === 4 ? { OctopusBypassDeploymentMutex: "True" } : {},
    digest: kind === "health-check" ? pick(["", "disk", "disk"], isolation) : "",
    notBefore: sometimes(limits, 8, pair.at + 2_000),
    queueExpiresAt: sometimes(limits, 7, pair.at + 3_000),
    timeoutMs: sometimes(timeout, 4, 2_003 + (timeout % 3) * 1_000),
    estimateMs: sometimes(estimate, 3, 500 + (estimate % 7) * 1_000),
    cancelGraceMs: sometimes(estimate, 8, 101),
    plan: planWish(pair, draws, targets.length),
  };
}

function planWish(pair: Pair, draws: Draws, count: number): TaskPlan | null {
  const [rollout, semaphores, parent, supersedes, steps, spread] = Array.from({ length: 6 }, () =>
    draws.next(),
  ) as [number, number, number, number, number, number];
  const plan: TaskPlan = {
    rollout: rolloutWish(rollout, count),
    semaphores: pick([[], [], ["db"], ["net"], ["db", "net"]], semaphores),
    parent: sometimes(parent, 5, aliveTask(pair, parent)),
    supersedes: sometimes(supersedes, 6, pick(["key", "lock"], supersedes)),
    slotScope: steps % 3 === 1 ? "step" : "task",
    steps: stepsWish(steps),
    spreadMs: sometimes(spread, 9, 1_500),
  };
  const isOrdinary = rollout + semaphores + parent + supersedes + steps + spread === 0;
  return isOrdinary ? null : plan;
}

function rolloutWish(draw: number, count: number): Rollout {
  if (count > 1 && draw % 2 === 1) return { type: "together" };
  return {
    type: "rolling",
    window: pick([null, 1, 2], draw >> 1),
    failuresMax: pick([null, 0, 1], draw >> 2),
  };
}

function stepsWish(draw: number): TaskPlan["steps"] {
  const count = pick([0, 0, 0, 2, 3, 1], draw);
  return Array.from({ length: count }, (_none, index) => ({
    name: `step ${index + 1}`,
    awaitsChildren: (draw >> 2) % 3 === 1 && index > 0,
    onChildFailure: draw % 4 === 3 ? "continue" : "fail",
  }));
}

function aliveTask({ stored }: Pair, draw: number): string {
  const alive = [...stored.tasks.values()].filter(({ status }) => !isEndState(status.state));
  return pick(alive, draw >> 2)?.id ?? "t0";
}
