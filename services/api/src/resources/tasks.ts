import { isEndState } from "@berth/engine";
import {
  ExplainView,
  LogView,
  type PageView,
  type Payload,
  TaskKind,
  TaskState,
  TaskView,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { StoredTask, TaskQuery } from "@berth/store";
import { z } from "zod";
import { askForTask, taskMissing } from "../command.ts";
import { type Operation, operation } from "../operation.ts";
import { pageOf, withoutUndefined } from "../page.ts";
import { Cursor, listOf, pageLimit, requireOrder, Time, whole } from "../query-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { explainView, isoTime, logLineView, taskView } from "../view.ts";

const TasksQuery = z.strictObject({
  state: listOf(TaskState, 20).optional(),
  kind: listOf(TaskKind, 20).optional(),
  name: z.string().optional(),
  target: z.string().optional(),
  ids: listOf(z.string(), 1000).optional(),
  /** Its children. */
  parent: z.string().optional(),
  /** What this schedule has enqueued. */
  schedule: z.string().optional(),
  queuedFrom: Time.optional(),
  queuedBefore: Time.optional(),
  sort: z.enum(["newest", "oldest"]).default("newest"),
  cursor: Cursor.optional(),
  limit: pageLimit,
});

const LogQuery = z.strictObject({
  after: whole(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: whole(1, 5000).default(1000),
});

export function taskOperations(setup: ApiSetup): Operation[] {
  return [listTasks(setup), oneTask(setup), logOfTask(setup), explainTask(setup)];
}

/** Rejects with `task_unknown`. */
export async function storedTask({ store }: ApiSetup, space: string, id: string): Promise<StoredTask> {
  const stored = await store.task(space, id);
  if (stored === null) throw taskMissing(id, null);
  return stored;
}

function listTasks({ store }: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/tasks",
    summary: "Tasks that match all that is given. An empty list matches none.",
    query: TasksQuery,
    answer: pageOf(TaskView),
    handle: async ({ space, query }): Promise<PageView<TaskView>> => {
      requireOrder(query, "queuedFrom", "queuedBefore");
      const { state: states, kind: kinds, cursor = null, ...rest } = query;
      const wanted: TaskQuery = withoutUndefined({ ...rest, states, kinds, cursor });
      const { items, next } = await store.tasks(space, wanted);
      return { items: items.map((task) => taskView(space, task)), next };
    },
  });
}

function oneTask(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/tasks/:task",
    summary: "One task, with its payload.",
    answer: TaskView,
    handle: async ({ space, params: { task = "" } }): Promise<TaskView> => {
      const [stored, payloads] = await Promise.all([
        storedTask(setup, space, task),
        setup.store.payloads(space, [task]),
      ]);
      const payload = payloads.get(task);
      return taskView(space, stored, payload === undefined ? undefined : (JSON.parse(payload) as Payload));
    },
  });
}

function logOfTask(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/tasks/:task/log",
    summary: "Lines of output after a position, in the order in which they were written.",
    query: LogQuery,
    answer: LogView,
    handle: async ({ space, params: { task = "" }, query: { after, limit } }): Promise<LogView> => {
      // The task first: when it has ended, all of its lines are there.
      const { status } = (await storedTask(setup, space, task)).task;
      const { lines, next } = await setup.store.log(space, task, { after, limit });
      return {
        lines: lines.map(logLineView),
        next,
        complete: isEndState(status.state) && lines.length < limit,
      };
    },
  });
}

function explainTask(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/tasks/:task/explain",
    summary: "Why a task does not start: all causes, by the very rules that grant slots.",
    answer: ExplainView,
    handle: async ({ space, params: { task = "" } }): Promise<ExplainView> => {
      const stored = await storedTask(setup, space, task);
      if (isEndState(stored.task.status.state)) return explanationOfEnd(stored);
      try {
        const item = { type: "explain" as const, id: newItemId(), task };
        return explainView((await askForTask(setup, space, item, "explanation")).explanation);
      } catch (error) {
        // It ended in between.
        const now = await storedTask(setup, space, task);
        if (isEndState(now.task.status.state)) return explanationOfEnd(now);
        throw error;
      }
    },
  });
}

function explanationOfEnd({ task, legs }: StoredTask): ExplainView {
  return {
    task: task.id,
    state: task.status.state,
    legs: legs.map(({ id, target, mode, state, endedAt, reason }) => ({
      leg: id,
      target,
      mode,
      state,
      position: null,
      estimatedStartAt: null,
      causes: [],
      summary: `It ended as ${state}${endedAt === null ? "" : ` at ${isoTime(endedAt)}`}${reason === null ? "" : `: ${reason}`}.`,
    })),
  };
}
