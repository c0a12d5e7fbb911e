import type { TaskRequest } from "./command.ts";
import type { Reply } from "./decision.ts";
import { reservedSemaphore } from "./semaphore.ts";
import type { State } from "./state.ts";
import { refused } from "./turn.ts";
import type { Mode } from "./words.ts";

/** What a task asks for that cannot be had together, or that is not there; `null`: nothing. */
export function contradictionIn(
  state: State,
  wish: TaskRequest,
  places: readonly { readonly mode: Mode }[],
): Reply | null {
  const { plan } = wish;
  if (plan === null) return null;
  if (plan.rollout.type === "together" && plan.slotScope === "step") {
    const message =
      "a task that starts together holds its slots to its end; expected slotScope task, not step";
    return refused("plan_contradictory", message);
  }
  if (plan.rollout.type === "together" && plan.spreadMs !== null) {
    return refused("plan_contradictory", "a task cannot start together and spread out; expected one of them");
  }
  return semaphoreProblem(state, plan.semaphores, places) ?? parentProblem(state, plan.parent);
}

function semaphoreProblem(
  state: State,
  names: readonly string[],
  places: readonly { readonly mode: Mode }[],
): Reply | null {
  const reserved = names.find((name) => reservedSemaphore(state, name) !== null || name.startsWith("lane."));
  if (reserved !== undefined) {
    const message = `semaphore ${reserved} is one of the space itself, and counts by itself; name another one`;
    return refused("semaphore_not_allowed", message);
  }
  if (names.length > 0 && places.every(({ mode }) => mode === "bypass")) {
    const message = `the task bypasses its slots and waits for nothing, so it cannot wait for semaphore ${names[0]}`;
    return refused("semaphore_not_allowed", message);
  }
  return null;
}

function parentProblem(state: State, id: string | null): Reply | null {
  if (id === null) return null;
  const parent = state.tasks.get(id);
  if (parent === undefined)
    return refused("parent_unknown", `there is no task ${id} that has not ended, to be the parent`);
  if (parent.legs.some((leg) => leg.state === "cancelling" && leg.cancel?.endsAs === "canceled")) {
    return refused("parent_is_ending", `task ${id} is being canceled, and takes no more children`);
  }
  return null;
}
