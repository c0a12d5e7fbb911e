import type { OopsRecord } from "@berth/engine";
import { failureTextMax, type InboxItem } from "@berth/protocol";
import type { RefusedEntry } from "./identity/gatekeeper.ts";
import type { Unreadable } from "./inbox.ts";
import { oopsWithoutTask } from "./oops-without-task.ts";

/** The OOPS of a message, or of an item of one, that could not be read. It keeps what was sent, so nothing is lost. */
export function oopsOfUnreadable(
  id: string,
  unreadable: Pick<Unreadable, "what" | "queue" | "problem" | "text">,
  at: number,
): OopsRecord {
  const { what, queue, problem, text } = unreadable;
  const kept = text.length > failureTextMax ? `${text.slice(0, failureTextMax - 1)}…` : text;
  const article = what === "item" ? "an item of a message" : "a message";
  const value = `${article} in ${queue} could not be read: ${problem}`.slice(0, 2000);
  return { ...oopsWithoutTask, id, type: "MessageRefused", value, text: kept, at };
}

/** The OOPS of an item that its sender may not send. What it says of itself is in the text only, as it need not be true. */
export function oopsOfRefusedEntry(
  id: string,
  { item, sender, objection, count }: Omit<RefusedEntry, "replyTo">,
  at: number,
): OopsRecord {
  const who = sender === null ? "somebody" : `the broker's user "${sender}"`;
  const value = `${who} sent ${item.type} ${item.id}: ${objection}`.slice(0, 2000);
  const others =
    count === 1 ? "" : `Refused of this sender lately: ${count} (not all of them are told of).\n\n`;
  const text = `${others}${JSON.stringify(item)}`.slice(0, failureTextMax);
  return { ...oopsWithoutTask, id, type: "SenderRefused", value, text, at };
}

/** The OOPS of an item that made the engine throw, or decide what the store refused. */
export function oopsOfDefect(id: string, item: InboxItem, defect: string, at: number): OopsRecord {
  const [firstLine = defect] = defect.split("\n");
  const text = `${defect}\n\n${JSON.stringify(item)}`.slice(0, failureTextMax);
  return {
    ...oopsWithoutTask,
    id,
    type: "EngineDefect",
    value: `${item.type} ${item.id}: ${firstLine}`,
    text,
    at,
  };
}
