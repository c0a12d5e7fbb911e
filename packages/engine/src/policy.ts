import type { Mode, TaskKind, UnknownResultRule } from "./words.ts";

/** What the owner of a target may set; what is left out follows the defaults of the kind. */
export interface TargetPolicy {
  /** The mode of a kind on this target, e.g. `{ runbook: "shared" }`. */
  readonly modes?: Partial<Record<TaskKind, Mode>>;
  /** Failed attempts after which a leg is parked (a health check: reported `unavailable`); 1 or more. */
  readonly attempts?: Partial<Record<TaskKind, number>>;
  /** How many bypassing legs of a kind may run here at once; 1 or more, default 1. */
  readonly lanes?: Partial<Record<TaskKind, number>>;
  /** What becomes of a leg whose result nobody knows. */
  readonly onUnknownResult?: Partial<Record<TaskKind, UnknownResultRule>>;
  /** `false`: variables of a task cannot ask for less isolation on this target. Default `true`. */
  readonly allowLessIsolation?: boolean;
}

interface KindDefaults {
  readonly mode: Mode;
  readonly attempts: number;
  readonly onUnknownResult: UnknownResultRule;
}

/** A deploy or a runbook whose result is unknown waits for a person: running it again blindly may do harm. */
const defaultsOfKind: Readonly<Record<TaskKind, KindDefaults>> = {
  deploy: { mode: "exclusive", attempts: 5, onUnknownResult: "park" },
  runbook: { mode: "exclusive", attempts: 5, onUnknownResult: "park" },
  "health-check": { mode: "bypass", attempts: 2, onUnknownResult: "retry" },
  job: { mode: "shared", attempts: 5, onUnknownResult: "retry" },
};

export function attemptsMax(kind: TaskKind, policy: TargetPolicy): number {
  return policy.attempts?.[kind] ?? defaultsOfKind[kind].attempts;
}

export function laneLimit(kind: TaskKind, policy: TargetPolicy): number {
  return policy.lanes?.[kind] ?? 1;
}

export function onUnknownResult(kind: TaskKind, policy: TargetPolicy): UnknownResultRule {
  return policy.onUnknownResult?.[kind] ?? defaultsOfKind[kind].onUnknownResult;
}

const isolationOf: Readonly<Record<Mode, number>> = { bypass: 0, shared: 1, exclusive: 2 };

export type ModeDecision = { readonly mode: Mode } | { readonly refused: string };

/**
 * Kind, policy and variables decide the mode, in this order.
 *
 * `OctopusBypassDeploymentMutex=True` makes a deploy or a runbook bypass its slot (Octopus Deploy's variable of that
 * name). `BerthMode` may ask for less isolation than the policy gives, never for more: more isolation for one task
 * would take the slot from others that rely on the policy.
 */
export function modeOf(
  kind: TaskKind,
  policy: TargetPolicy,
  variables: Readonly<Record<string, string>>,
): ModeDecision {
  const byPolicy = policy.modes?.[kind] ?? defaultsOfKind[kind].mode;
  const wanted = modeFromVariables(kind, variables);
  if (wanted === null || wanted === byPolicy) return { mode: byPolicy };
  if (!isMode(wanted))
    return { refused: `variable BerthMode is "${wanted}"; expected exclusive, shared or bypass` };
  if (isolationOf[wanted] > isolationOf[byPolicy]) {
    return {
      refused: `variable BerthMode asks for ${wanted}, more isolation than the target gives a ${kind} (${byPolicy})`,
    };
  }
  if (policy.allowLessIsolation === false) {
    return {
      refused: `the task asks for mode ${wanted}; the policy of the target gives a ${kind} ${byPolicy} and allows no less`,
    };
  }
  return { mode: wanted };
}

function modeFromVariables(kind: TaskKind, variables: Readonly<Record<string, string>>): string | null {
  const bypass = variables.OctopusBypassDeploymentMutex;
  if (
    bypass !== undefined &&
    bypass.trim().toLowerCase() === "true" &&
    (kind === "deploy" || kind === "runbook")
  ) {
    return "bypass";
  }
  return variables.BerthMode ?? null;
}

function isMode(word: string): word is Mode {
  return Object.hasOwn(isolationOf, word);
}
