/** How a task goes over several targets. */
export type Rollout =
  | {
      /** Each leg on its own. */
      readonly type: "rolling";
      /** How many legs may be unfinished at once; `null`: any number. */
      readonly window: number | null;
      /** How many legs may end other than `succeeded` before those that never started are canceled; `null`: any number. */
      readonly failuresMax: number | null;
    }
  /** All slots at once, or none. */
  | { readonly type: "together" };

/** One part of a task, which is granted and attempted on its own. */
export interface Step {
  readonly name: string;
  /** It starts when all children of the task have ended; until then the task holds nothing. */
  readonly awaitsChildren: boolean;
  /** What becomes of the leg where a child did not succeed. */
  readonly onChildFailure: "fail" | "continue";
}

/** `task`: the slot is held from the first step to the last; `step`: for each step anew. */
export type SlotScope = "task" | "step";

/** What a task asks for besides the ordinary. A task without any of it has none. */
export interface TaskPlan {
  readonly rollout: Rollout;
  /** Names of semaphores, one permit of each. */
  readonly semaphores: readonly string[];
  readonly parent: string | null;
  /** Older waiting tasks with the same key are canceled, and it takes the place of the earliest. */
  readonly supersedes: string | null;
  readonly slotScope: SlotScope;
  /** Empty: the task is one step. */
  readonly steps: readonly Step[];
  /** Its legs become ready spread out over this long, by a hash of the target's name; ms. */
  readonly spreadMs: number | null;
}

export const ordinary: TaskPlan = {
  rollout: { type: "rolling", window: null, failuresMax: null },
  semaphores: [],
  parent: null,
  supersedes: null,
  slotScope: "task",
  steps: [],
  spreadMs: null,
};
