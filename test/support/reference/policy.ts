// What a kind is by default, and what the policy of a target makes of it.
import type { Mode, TargetPolicy, TaskKind, UnknownResultRule } from "@berth/engine";

const defaults: Readonly<
  Record<TaskKind, { mode: Mode; attempts: number; onUnknownResult: UnknownResultRule }>
> = {
  deploy: { mode: "exclusive", attempts: 5, onUnknownResult: "park" },
  runbook: { mode: "exclusive", attempts: 5, onUnknownResult: "park" },
  "health-check": { mode: "bypass", attempts: 2, onUnknownResult: "retry" },
  job: { mode: "shared", attempts: 5, onUnknownResult: "retry" },
};

export function attemptsOf(kind: TaskKind, policy: TargetPolicy): number {
  return policy.attempts?.[kind] ?? defaults[kind].attempts;
}

export function laneOf(kind: TaskKind, policy: TargetPolicy): number {
  return policy.lanes?.[kind] ?? 1;
}

export function unknownResultOf(kind: TaskKind, policy: TargetPolicy): UnknownResultRule {
  return policy.onUnknownResult?.[kind] ?? defaults[kind].onUnknownResult;
}

const isolation: readonly string[] = ["bypass", "shared", "exclusive"];

/** `null`: the task asks for what it may not have. */
export function modeOf(
  kind: TaskKind,
  policy: TargetPolicy,
  variables: Readonly<Record<string, string>>,
): Mode | null {
  const byPolicy = policy.modes?.[kind] ?? defaults[kind].mode;
  const mayBypass = kind === "deploy" || kind === "runbook";
  const bypasses = mayBypass && variables.OctopusBypassDeploymentMutex === "True";
  const wanted = bypasses ? "bypass" : (variables.BerthMode ?? byPolicy);
  if (wanted === byPolicy) return byPolicy;
  const isLess = isolation.indexOf(wanted) < isolation.indexOf(byPolicy);
  return isLess && policy.allowLessIsolation !== false ? (wanted as Mode) : null;
}
