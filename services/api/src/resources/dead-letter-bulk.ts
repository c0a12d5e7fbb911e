import {
  DeadLetterDiscardRequest,
  DeadLetterOutcomeView,
  DeadLetterReleaseRequest,
  type InboxItem,
  type DeadLetterOutcomeView as Outcome,
  type ReplyBody,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { TaskQuery } from "@berth/store";
import { taskMissing } from "../command.ts";
import { type Operation, operation } from "../operation.ts";
import { withoutUndefined } from "../page.ts";
import { invalid } from "../request-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { someone } from "./task-commands.ts";

type OutcomeOfTask = Outcome["tasks"][number];
type CommandFor = (task: string) => InboxItem;

const pageTasks = 1000;

export function bulkOperations(setup: ApiSetup): Operation[] {
  return [
    operation({
      method: "POST",
      path: "/v1/:space/dead-letters/release",
      summary: "Puts parked tasks back in line: those that are named, or all that match.",
      body: DeadLetterReleaseRequest,
      answer: DeadLetterOutcomeView,
      handle: ({ space, body }) => {
        const { by = someone } = body;
        return forEach(setup, space, body, (task) => ({ type: "release", id: newItemId(), task, by }));
      },
    }),
    operation({
      method: "POST",
      path: "/v1/:space/dead-letters/discard",
      summary: "Ends parked tasks as canceled: those that are named, or all that match.",
      body: DeadLetterDiscardRequest,
      answer: DeadLetterOutcomeView,
      handle: ({ space, body }) => {
        const { by = someone, reason } = body;
        return forEach(setup, space, body, (task) => ({
          type: "discard",
          id: newItemId(),
          task,
          by,
          reason,
        }));
      },
    }),
  ];
}

async function forEach(
  setup: ApiSetup,
  space: string,
  selection: DeadLetterReleaseRequest,
  commandFor: CommandFor,
): Promise<Outcome> {
  const tasks: OutcomeOfTask[] = [];
  for await (const ids of selected(setup, space, selection)) {
    tasks.push(...(await commandAll(setup, space, ids, commandFor)));
  }
  return { tasks };
}

/** Page by page, in the order of submit: what is parked again meanwhile is behind, so that it comes to an end. */
async function* selected(
  { store }: ApiSetup,
  space: string,
  { tasks, all, name, target }: DeadLetterReleaseRequest,
): AsyncGenerator<readonly string[]> {
  requireOneSelection({ tasks, all, name, target });
  if (tasks !== undefined) {
    if (tasks.length > 0) yield [...new Set(tasks)];
    return;
  }
  let cursor: string | null = null;
  do {
    const query: TaskQuery = withoutUndefined({
      ...{ states: ["parked"] as const, sort: "oldest" as const },
      ...{ name, target, cursor, limit: pageTasks },
    });
    const page: Awaited<ReturnType<typeof store.tasks>> = await store.tasks(space, query);
    if (page.items.length > 0) yield page.items.map(({ task }) => task.id);
    cursor = page.next;
  } while (cursor !== null);
}

function requireOneSelection({ tasks, all, name, target }: DeadLetterReleaseRequest): void {
  if ((tasks === undefined) === (all === undefined)) {
    const message = "has to say which dead letters: either `tasks`, a list of ids, or `all`: true";
    throw invalid([{ path: "", message }], "the body");
  }
  if (tasks === undefined || (name === undefined && target === undefined)) return;
  const path = name === undefined ? "target" : "name";
  throw invalid(
    [{ path, message: "chooses among all dead letters; it does not go with `tasks`" }],
    "the body",
  );
}

async function commandAll(
  setup: ApiSetup,
  space: string,
  ids: readonly string[],
  commandFor: CommandFor,
): Promise<OutcomeOfTask[]> {
  const replies = await setup.inbox.requestMany(space, ids.map(commandFor));
  return Promise.all(ids.map((id, index) => outcomeOf(setup, space, id, replies[index])));
}

async function outcomeOf(
  { store }: ApiSetup,
  space: string,
  task: string,
  reply: ReplyBody | undefined,
): Promise<OutcomeOfTask> {
  if (reply?.type !== "refused") return { task, error: null };
  if (reply.code !== "task_unknown") return { task, error: { code: reply.code, message: reply.message } };
  const { code, message } = taskMissing(task, await store.task(space, task));
  return { task, error: { code, message } };
}
