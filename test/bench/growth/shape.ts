import type { TaskPlan } from "@berth/engine";
import type { TaskKind } from "@berth/protocol";
import { seededChance } from "../../support/seeded-chance.ts";
import { Visits } from "../engine/visits.ts";

/** Of what sort the tasks of a space are. */
export type Shape =
  | { readonly type: "mixed" }
  /** Each starts on so many targets at once. */
  | { readonly type: "together"; readonly targets: number };

export interface TaskWish {
  readonly kind: TaskKind;
  readonly targets: readonly string[];
  readonly plan: TaskPlan | null;
}

/** How many of a hundred tasks are of each kind: exclusive, exclusive, shared and bypassing ones. The last never wait. */
const mixture: readonly (readonly [TaskKind, number])[] = [
  ["deploy", 60],
  ["runbook", 15],
  ["job", 15],
  ["health-check", 10],
];

const togetherPlan: TaskPlan = {
  rollout: { type: "together" },
  semaphores: [],
  parent: null,
  supersedes: null,
  slotScope: "task",
  steps: [],
  spreadMs: null,
};

/** Tasks of a shape, without end. The same seed gives the same. */
export class Wishes {
  readonly #shape: Shape;
  readonly #visits: Visits<string>;
  readonly #chance: () => number;

  constructor(shape: Shape, targets: readonly string[], seed: number) {
    this.#shape = shape;
    this.#visits = new Visits(targets, seed);
    this.#chance = seededChance(seed + 1);
  }

  next(): TaskWish {
    if (this.#shape.type === "mixed")
      return { kind: this.#kind(), targets: this.#visits.take(1), plan: null };
    return { kind: "deploy", targets: this.#visits.take(this.#shape.targets), plan: togetherPlan };
  }

  /** The next one that has to wait where its targets are busy. */
  nextWaiting(): TaskWish {
    for (;;) {
      const wish = this.next();
      if (wish.kind !== "health-check") return wish;
    }
  }

  #kind(): TaskKind {
    let rest = this.#chance() * 100;
    for (const [kind, share] of mixture) {
      rest -= share;
      if (rest < 0) return kind;
    }
    return "deploy";
  }
}
