import type { Change } from "@berth/engine";

/** The small sets of a space. Each is a hash of its name; those that are listed in the order in which they came say so. */
const itemKinds = {
  target: { ordered: false },
  session: { ordered: true },
  hold: { ordered: true },
  quarantine: { ordered: true },
  semaphore: { ordered: false },
  schedule: { ordered: false },
  duration: { ordered: false },
} as const;

export type ItemKind = keyof typeof itemKinds;

export function isOrdered(kind: ItemKind): boolean {
  return itemKinds[kind].ordered;
}

type ItemChange = Exclude<Change, { type: "task.added" | "task.changed" | "leg" | "oops" }>;

/** Collects what changes in the small sets of a space. */
export class ItemChanges {
  /** By kind: the text by id, or null where it is removed. */
  readonly #byKind = new Map<ItemKind, Map<string, string | null>>();

  take(change: ItemChange): void {
    switch (change.type) {
      case "target":
        this.#put("target", change.target.id, change.target);
        return;
      case "target.removed":
        this.#put("target", change.id, null);
        return;
      case "session":
        this.#put("session", change.session.id, change.session);
        return;
      case "session.ended":
        this.#put("session", change.id, null);
        return;
      case "hold":
        this.#put("hold", change.hold.id, change.hold);
        return;
      case "hold.ended":
        this.#put("hold", change.id, null);
        return;
      case "quarantine":
        this.#put("quarantine", quarantineKey(change.quarantine), change.quarantine);
        return;
      case "quarantine.ended":
        this.#put("quarantine", quarantineKey(change), null);
        return;
      case "semaphore":
        this.#put("semaphore", change.semaphore.id, change.semaphore);
        return;
      case "semaphore.removed":
        this.#put("semaphore", change.id, null);
        return;
      case "schedule":
        this.#put("schedule", change.schedule.id, change.schedule);
        return;
      case "schedule.removed":
        this.#put("schedule", change.id, null);
        return;
      case "duration":
        this.#put("duration", change.duration.id, change.duration);
        return;
      case "duration.removed":
        this.#put("duration", change.id, null);
        return;
    }
  }

  #put(kind: ItemKind, id: string, item: object | null): void {
    let items = this.#byKind.get(kind);
    if (items === undefined) {
      items = new Map();
      this.#byKind.set(kind, items);
    }
    // What was removed and is there again comes last.
    if (items.get(id) === null) items.delete(id);
    items.set(id, item === null ? null : JSON.stringify(item));
  }

  /** Of each kind: its name, whether it is ordered, how many are set and removed, those, and these. */
  pack(): { readonly kinds: number; readonly args: string[] } {
    const args = [...this.#byKind].flatMap(([kind, items]) => {
      const sets = [...items].filter((entry): entry is [string, string] => entry[1] !== null);
      const removed = [...items].flatMap(([id, text]) => (text === null ? [id] : []));
      const ordered = isOrdered(kind) ? "1" : "0";
      return [kind, ordered, String(sets.length), String(removed.length), ...sets.flat(), ...removed];
    });
    return { kinds: this.#byKind.size, args };
  }
}

function quarantineKey({ target, mutex, token }: { target: string; mutex: string; token: string }): string {
  return JSON.stringify([target, mutex, token]);
}
