import { setImmediate } from "node:timers";
import { type InboxItem, inboxItemsMax } from "@berth/protocol";

/** Items that go into one inbox message. */
export interface ItemBatch {
  readonly space: string;
  readonly ids: readonly string[];
  readonly items: readonly InboxItem[];
  /** One of them changes something, so they must survive a restart of the broker. */
  readonly changes: boolean;
}

/** About 1 MiB, so that no message is hard on the broker; a single request may be larger. */
const batchCharactersMax = 1024 * 1024;

const askingOnly: ReadonlySet<InboxItem["type"]> = new Set<InboxItem["type"]>(["explain", "watch"]);

/** Gathers what is sent in one turn of the event loop, so that many callers share a message and a commit. */
export class Outgoing {
  readonly #send: (batch: ItemBatch) => void;
  readonly #gathering: Map<string, Gathering> = new Map();
  #scheduled = false;

  constructor(send: (batch: ItemBatch) => void) {
    this.#send = send;
  }

  /** These items stay together in one message, up to the most that one may bring. */
  add(space: string, items: readonly InboxItem[]): void {
    for (let from = 0; from < items.length; from += inboxItemsMax) {
      this.#addGroup(space, groupOf(items.slice(from, from + inboxItemsMax)));
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Not a microtask: requests that come over different sockets have each a microtask queue of their own.
    setImmediate(this.#flush);
  }

  #addGroup(space: string, group: Gathering): void {
    const batch = this.#gathering.get(space);
    if (batch === undefined) {
      this.#gathering.set(space, group);
    } else if (fits(batch, group)) {
      append(batch, group);
    } else {
      this.#send(batchOf(space, batch));
      this.#gathering.set(space, group);
    }
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const batches = [...this.#gathering];
    this.#gathering.clear();
    for (const [space, batch] of batches) this.#send(batchOf(space, batch));
  };
}

interface Gathering {
  readonly ids: string[];
  readonly items: InboxItem[];
  /** Of the items as JSON, roughly. */
  characters: number;
  changes: boolean;
}

function groupOf(items: readonly InboxItem[]): Gathering {
  const group: Gathering = { ids: [], items: [], characters: 0, changes: false };
  for (const item of items) {
    group.ids.push(item.id);
    group.items.push(item);
    group.characters += charactersOf(item);
    group.changes ||= !askingOnly.has(item.type);
  }
  return group;
}

function fits(batch: Gathering, group: Gathering): boolean {
  return (
    batch.ids.length + group.ids.length <= inboxItemsMax &&
    batch.characters + group.characters <= batchCharactersMax
  );
}

function append(batch: Gathering, group: Gathering): void {
  for (const id of group.ids) batch.ids.push(id);
  for (const item of group.items) batch.items.push(item);
  batch.characters += group.characters;
  batch.changes ||= group.changes;
}

function batchOf(space: string, { ids, items, changes }: Gathering): ItemBatch {
  return { space, ids, items, changes };
}

/** A task without its texts, roughly. */
const itemCharacters = 600;

/**
 * About how long the item is as JSON. Of tasks, the many, only what may be large is counted; what may be anything is
 * written, which throws for what JSON cannot say.
 */
function charactersOf(item: InboxItem): number {
  if (item.type !== "submit") return JSON.stringify(item).length;
  const { script, handler, variables, labels } = item.task.payload;
  let characters = itemCharacters + textCharacters(variables) + textCharacters(labels);
  if (script !== null) {
    characters += script.text.length;
    for (const argument of script.arguments) characters += argument.length;
  }
  if (handler !== null && typeof handler.input === "object" && handler.input !== null) {
    characters += JSON.stringify(handler.input).length;
  } else if (typeof handler?.input === "string") characters += handler.input.length;
  return characters;
}

function textCharacters(texts: Readonly<Record<string, string>>): number {
  let characters = 0;
  for (const name in texts) characters += name.length + (texts[name]?.length ?? 0);
  return characters;
}
