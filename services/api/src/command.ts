import { isEndState } from "@berth/engine";
import { BerthError, Id, type InboxItem, type ReplyBody, type ReplyBodyOf } from "@berth/protocol";
import type { StoredTask } from "@berth/store";
import type { ApiSetup } from "./setup.ts";
import { isoTime } from "./view.ts";

/** Asks the owner of the space. A refusal is thrown as the error that it is. */
export async function ask<Type extends Exclude<ReplyBody["type"], "refused">>(
  setup: ApiSetup,
  space: string,
  item: InboxItem,
  type: Type,
): Promise<ReplyBodyOf<Type>> {
  const reply = await setup.inbox.request(space, item);
  if (isReplyOf(reply, type)) return reply;
  if (reply.type === "refused") throw new BerthError(reply.code, reply.message);
  throw new BerthError("internal", `the answer to ${item.type} has the type ${reply.type}, not ${type}`);
}

/** The same for a command to one task: what is no longer in the owner's memory may still be in the store. */
export async function askForTask<Type extends Exclude<ReplyBody["type"], "refused">>(
  setup: ApiSetup,
  space: string,
  item: InboxItem & { readonly task: string },
  type: Type,
): Promise<ReplyBodyOf<Type>> {
  // What cannot be an id would be refused as a message that nobody can read, with an OOPS.
  if (!Id.safeParse(item.task).success) throw taskMissing(item.task, null);
  try {
    return await ask(setup, space, item, type);
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== "task_unknown") throw error;
    throw taskMissing(item.task, await setup.store.task(space, item.task));
  }
}

export function taskMissing(id: string, stored: StoredTask | null): BerthError {
  if (stored === null)
    return new BerthError("task_unknown", `there is no task ${id}; it may have been deleted with age`);
  const { state, endedAt } = stored.task.status;
  // The owner does not know it and the store does not know its end: another owner is about to take over.
  if (!isEndState(state))
    return new BerthError("not_owned", `task ${id} has no owner at this time; try again`);
  const when = endedAt === null ? "" : ` at ${isoTime(endedAt)}`;
  return new BerthError("task_ended", `task ${id} has ended as ${state}${when}; that never changes`);
}

function isReplyOf<Type extends ReplyBody["type"]>(reply: ReplyBody, type: Type): reply is ReplyBodyOf<Type> {
  return reply.type === type;
}
