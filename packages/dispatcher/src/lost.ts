// What a store that went backwards takes with it, and what is told of that.
import type { OopsRecord } from "@berth/engine";
import { type FormerOwner, failureTextMax, type InboxItemOf } from "@berth/protocol";
import { oopsWithoutTask } from "./oops-without-task.ts";

/** A granted task of which nobody knows what it is to run. */
export function oopsOfLostPayload(task: string, at: number): OopsRecord {
  return {
    ...oopsWithoutTask,
    id: `oops-payload-${task}`,
    type: "PayloadLost",
    value: `what task ${task} is to run was lost with the store; it was canceled, and has to be enqueued again`,
    text: null,
    at,
    task,
    consequence: "canceled",
  };
}

/** A task that a former owner had taken, and that cannot be taken again. */
export function oopsOfLostSubmit(
  { task }: InboxItemOf<"submit">,
  refusal: { readonly code: string; readonly message: string },
  at: number,
): OopsRecord {
  const { id, kind, name, targets } = task;
  return {
    ...oopsWithoutTask,
    id: `oops-submit-${id}`,
    type: "TaskLost",
    value: `task ${id} was taken before the store went backwards, and is refused now (${refusal.code}): ${refusal.message}`,
    text: JSON.stringify(task).slice(0, failureTextMax),
    at,
    kind,
    name,
    target: targets[0] ?? null,
  };
}

/** The same for each message of the same former owner, so that it is recorded once. */
export function oopsOfRepetition(space: string, { owner, epoch }: FormerOwner, at: number): OopsRecord {
  return {
    ...oopsWithoutTask,
    id: `oops-store-${epoch}-${owner}`,
    type: "StoreWentBackwards",
    value: `the store of space ${space} went backwards, and was taken over as it was then; its former owner has put what it had committed last into the inbox again`,
    text: JSON.stringify({ space, owner, epoch }),
    at,
  };
}
