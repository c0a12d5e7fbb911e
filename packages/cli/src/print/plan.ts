import type { Plan, RolloutRequest, TaskView } from "@berth/protocol";
import { durationText } from "./time-text.ts";

/** A plan as a task has it, or as a request asks for it. */
interface PlanWords {
  readonly rollout?: Plan["rollout"] | RolloutRequest | undefined;
  readonly semaphores?: readonly string[] | undefined;
  readonly parent?: string | null;
  readonly supersedes?: string | null | undefined;
  readonly slotScope?: Plan["slotScope"] | undefined;
  readonly steps?: readonly Pick<Plan["steps"][number], "name" | "awaitsChildren">[] | undefined;
  readonly spreadMs?: number | null | undefined;
}

/** What is out of the ordinary about it, by name; the rest is empty. */
export function planFacts(plan: PlanWords): readonly (readonly [string, string])[] {
  const { semaphores = [], parent, supersedes, steps = [], spreadMs } = plan;
  return [
    ["Rollout", rolloutText(plan.rollout)],
    ["Spread over", typeof spreadMs === "number" ? durationText(spreadMs) : ""],
    ["Semaphores", semaphores.join(" ")],
    ["Parent", parent ?? ""],
    ["Supersedes", supersedes ?? ""],
    ["Steps", steps.map(stepText).join(", ")],
    ["Slot held", steps.length > 0 && plan.slotScope === "step" ? "for each step anew" : ""],
  ];
}

function rolloutText(rollout: PlanWords["rollout"]): string {
  if (rollout === undefined) return "";
  if (rollout.type === "together") return "all targets at one instant";
  const { window, failuresMax } = rollout;
  const most = typeof window === "number" ? `${countText(window, "target")} at a time` : "";
  // A request that leaves it out means 0 with a window.
  const failures = failuresMax ?? (most === "" ? null : 0);
  const end = failures === null ? "" : `stops after ${countText(failures + 1, "failure")}`;
  return [most, end].filter((part) => part !== "").join(", ");
}

function stepText({ name, awaitsChildren }: NonNullable<PlanWords["steps"]>[number]): string {
  return awaitsChildren ? `${name} (awaits children)` : name;
}

/** `step 2 of 3 (start)`; empty where the task has no steps. */
export function stepOfText({ plan }: Pick<TaskView, "plan">, step: number | null): string {
  const steps = plan?.steps ?? [];
  const name = step === null ? undefined : steps[step]?.name;
  return step === null || name === undefined ? "" : `step ${step + 1} of ${steps.length} (${name})`;
}

function countText(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
