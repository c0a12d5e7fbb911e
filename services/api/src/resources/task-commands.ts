import {
  CancelRequest,
  DecideRequest,
  DiscardRequest,
  type InboxItem,
  PrioritizeRequest,
  ReleaseRequest,
  TaskView,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { askForTask } from "../command.ts";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";
import { taskView } from "../view.ts";
import { storedTask } from "./tasks.ts";

/** Who asked, where a request does not say it. */
export const someone = "the API";

/** Each answers with the task as it is afterwards. */
export function taskCommandOperations(setup: ApiSetup): Operation[] {
  return [cancel(setup), prioritize(setup), release(setup), discard(setup), decide(setup)];
}

function cancel(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/:task/cancel",
    summary: "Ends a task: at once if it has not started, else by asking its tentacle, with a deadline.",
    body: CancelRequest,
    answer: TaskView,
    handle: ({ space, params: { task = "" }, body: { by = someone, reason } }) =>
      command(setup, space, { type: "cancel", id: newItemId(), task, by, reason }, "cancelled"),
  });
}

function prioritize(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/:task/prioritize",
    summary: "Moves a waiting task to another priority class; `top` is before all others.",
    body: PrioritizeRequest,
    answer: TaskView,
    handle: ({ space, params: { task = "" }, body: { priority } }) =>
      command(setup, space, { type: "prioritize", id: newItemId(), task, priority }, "done"),
  });
}

function release(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/:task/release",
    summary: "Puts a parked task back in line, at its old place, with all its attempts.",
    body: ReleaseRequest,
    answer: TaskView,
    handle: ({ space, params: { task = "" }, body: { by = someone } }) =>
      command(setup, space, { type: "release", id: newItemId(), task, by }, "done"),
  });
}

function discard(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/:task/discard",
    summary: "Ends a parked task as canceled.",
    body: DiscardRequest,
    answer: TaskView,
    handle: ({ space, params: { task = "" }, body: { by = someone, reason } }) =>
      command(setup, space, { type: "discard", id: newItemId(), task, by, reason }, "done"),
  });
}

function decide(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/:task/decide",
    summary: "Ends a parked task as somebody has found out that it ended.",
    body: DecideRequest,
    answer: TaskView,
    handle: ({ space, params: { task = "" }, body: { result, by = someone, reason } }) =>
      command(setup, space, { type: "decide", id: newItemId(), task, result, by, reason }, "done"),
  });
}

async function command(
  setup: ApiSetup,
  space: string,
  item: InboxItem & { readonly task: string },
  reply: "cancelled" | "done",
): Promise<TaskView> {
  await askForTask(setup, space, item, reply);
  return taskView(space, await storedTask(setup, space, item.task));
}
