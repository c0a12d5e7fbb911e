import type { IncomingMessage } from "@berth/broker";
import { expandedItems, type FormerOwner, Id, InboxItem, InboxMessage, inboxItemsMax } from "@berth/protocol";

/** One item of a message, and where its answer goes. */
export interface Entry {
  readonly item: InboxItem;
  readonly replyTo: string | null;
  /** The user of the broker that sent it; `null`: the broker vouches for nobody. */
  readonly sender: string | null;
  /** It may have been carried out before. */
  readonly redelivered: boolean;
  /** It was carried out before, by a former owner: see `Opened.repeatedBy`. */
  readonly isRepeated: boolean;
}

/** The task that a submit, or the end of a task, is about; else what the item itself is known by. */
export function taskOf({ item }: Entry): string {
  if (item.type === "submit") return item.task.id;
  return item.type === "task.ended" ? item.task : item.id;
}

/** What could not be read: a whole message, or one item of it. */
export interface Unreadable {
  readonly what: "message" | "item";
  readonly queue: string;
  readonly problem: string;
  /** What was sent, as far as it can be shown. */
  readonly text: string;
  /** Whom to tell, where that could be read. */
  readonly replyTo: string | null;
  readonly itemId: string | null;
}

export interface Opened {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly Unreadable[];
  /** The former owner that put it into the inbox again. */
  readonly repeatedBy: FormerOwner | null;
  /** The user of the broker that sent it; `null`: the broker vouches for nobody. */
  readonly sender: string | null;
  /** It did not come by the inbox: nothing of it is carried out. */
  readonly isDeadLetter: boolean;
}

/** Reads a message item by item, so that one that cannot be read takes none of the others with it. */
export function openMessage(message: IncomingMessage): Opened {
  const json = jsonOf(message);
  if (json === undefined) return refuse(message, "it is not JSON");
  if (!InboxMessage.validate(json))
    return refuse(message, problemOf(InboxMessage.safeParse(json).error?.issues ?? []));
  const { replyTo, items, repeatedBy = null } = json;
  const all = expandedItems(items);
  if (all === null) return refuse(message, `it brings more than ${inboxItemsMax} items`);
  const isRepeated = repeatedBy !== null;
  const redelivered = message.redelivered || isRepeated;
  const sender = message.userId;
  const entries: Entry[] = [];
  const unreadable: Unreadable[] = [];
  for (const raw of all) {
    if (InboxItem.validate(raw)) entries.push({ item: raw, replyTo, sender, redelivered, isRepeated });
    else unreadable.push(badItem(message, raw, replyTo));
  }
  return { entries, unreadable, repeatedBy, sender, isDeadLetter: false };
}

/** A message that came back as one that nobody can read, e.g. a delivery that is none. */
export function openRefused(message: IncomingMessage): Opened {
  return { ...refuse(message, "its receiver could not read it"), isDeadLetter: true };
}

function jsonOf(message: IncomingMessage): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

function refuse(message: IncomingMessage, problem: string): Opened {
  const refused: Unreadable = {
    what: "message",
    queue: message.queue,
    problem,
    text: message.body.toString("utf8"),
    replyTo: null,
    itemId: null,
  };
  return {
    entries: [],
    unreadable: [refused],
    repeatedBy: null,
    sender: message.userId,
    isDeadLetter: false,
  };
}

function badItem(message: IncomingMessage, raw: unknown, replyTo: string | null): Unreadable {
  // An answer to something that is no id would make the whole message of answers unreadable.
  const id = Id.safeParse(typeof raw === "object" && raw !== null && "id" in raw ? raw.id : null);
  return {
    what: "item",
    queue: message.queue,
    problem: problemOf(InboxItem.safeParse(raw).error?.issues ?? []),
    text: textOfItem(message, raw),
    replyTo,
    itemId: id.success ? id.data : null,
  };
}

/** JSON can be read deeper than it can be written again; then the message shows the item as it came. */
function textOfItem(message: IncomingMessage, raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? String(raw);
  } catch {
    return message.body.toString("utf8");
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The first few problems, each with its place. */
function problemOf(issues: readonly Issue[]): string {
  const shown = issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  const more = issues.length > shown.length ? ` (and ${issues.length - shown.length} more)` : "";
  return shown.join("; ") + more;
}
