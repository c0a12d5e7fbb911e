import type { TaskKind, TaskState } from "@berth/protocol";
import type { Query } from "./transport.ts";

/** Fields that are left out do not filter. */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly kinds?: readonly TaskKind[];
  readonly name?: string;
  readonly target?: string;
  readonly ids?: readonly string[];
  /** Queued at or after. */
  readonly queuedFrom?: Date;
  readonly queuedBefore?: Date;
  readonly sort?: "newest" | "oldest";
  /** `next` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** In a query an empty list looks like one that was left out; it must never come to mean all. */
export function isEmptyFilter(filter: TaskFilter): boolean {
  return [filter.states, filter.kinds, filter.ids].some((list) => list?.length === 0);
}

export function queryOf({ states, kinds, queuedFrom, queuedBefore, ...rest }: TaskFilter): Query {
  return {
    ...rest,
    state: states,
    kind: kinds,
    queuedFrom: queuedFrom?.toISOString(),
    queuedBefore: queuedBefore?.toISOString(),
  };
}
