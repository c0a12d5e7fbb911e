import type { TaskKind, TaskState } from "@berth/protocol";
import type { Query } from "./transport.ts";

/** Fields that are left out do not filter. */
export interface TaskFilter {
  readonly states?: readonly TaskState[] | undefined;
  readonly kinds?: readonly TaskKind[] | undefined;
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  /** Children of this task. */
  readonly parent?: string | undefined;
  /** Enqueued by this schedule. */
  readonly schedule?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Queued at or after. */
  readonly queuedFrom?: Date | undefined;
  readonly queuedBefore?: Date | undefined;
  readonly sort?: "newest" | "oldest" | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
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
