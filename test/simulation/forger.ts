import { JsonMessage } from "@berth/broker";
import type { InboxItem } from "@berth/protocol";
import { SimulatedBroker } from "./broker/connection.ts";
import type { Chance } from "./world/chance.ts";
import { Machine } from "./world/machine.ts";
import type { World } from "./world.ts";

/** What it sends, given an id of its own; `null`: there is nothing to forge at this time. */
type Forgery = (world: World, chance: Chance, own: string) => ItemWish | null;
type ItemWish = InboxItem extends infer Item ? (Item extends InboxItem ? Omit<Item, "id"> : never) : never;

export const forgerName = "forger";
/** A target that nobody has put: to name it is no crime. */
const nowhere = "nowhere";
const by = "forger";
const everyMs = 400;

/** A tentacle whose credentials are in the wrong hands: it says whatever could do harm, about others. */
export class Forger {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #machine: Machine;
  readonly #broker: SimulatedBroker;
  readonly #user: string;
  #count = 0;

  constructor(world: World, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
    const { scheduler, broker, weather, names } = world;
    this.#user = names.user(world.space, forgerName);
    this.#machine = new Machine(scheduler, forgerName);
    this.#broker = new SimulatedBroker(this.#machine, broker, weather.broker, this.#user);
  }

  start(until: number): void {
    void this.#broker.start().then(() => this.#go(until));
  }

  /** It has a session of its own, and so something to speak for. */
  #go(until: number): void {
    const { scheduler } = this.#world;
    const own = `${forgerName}.1`;
    const act = (): void => {
      if (scheduler.now >= until) return;
      this.#machine.after(this.#chance.int(0, 2 * everyMs), act);
      if (this.#chance.happens(0.3)) this.#send(opening(own, forgerName, [nowhere], []), own, true);
      const forge = this.#chance.pick(forgeries);
      const item = forge(this.#world, this.#chance, own);
      if (item !== null) this.#send(item, own, false);
    };
    act();
  }

  #send(wish: ItemWish, own: string, isHonest: boolean): void {
    const { history, names, space, records } = this.#world;
    this.#count += 1;
    const item = { ...wish, id: `forged-${this.#count}` } as InboxItem;
    const victims = [...records.items.session.keys()];
    const queues = [names.session(space, own), null, names.replies("client"), names.inbox(space)];
    const queue = isHonest
      ? queues[0]
      : this.#chance.pick([...queues, ...victims.map((id) => names.session(space, id))]);
    if (!isHonest) history.forged.set(item.id, { at: history.now, item });
    history.note("forged", () => JSON.stringify(item));
    const more = !isHonest && this.#chance.happens(0.1) ? { repeatedBy: { owner: "d1.1", epoch: 1 } } : {};
    const user = isHonest || this.#chance.happens(0.8) ? this.#user : null;
    const value = { v: 1, replyTo: queue ?? null, items: [item], ...more };
    this.#broker.publish(new JsonMessage(names.inbox(space), value, true, user)).catch(() => {});
  }
}

function opening(
  session: string,
  tentacle: string,
  targets: readonly string[],
  succeeds: string[],
): ItemWish {
  const size = { version: "1.0", targets: [...targets], capacity: 10 };
  return { type: "session.open", session, tentacle, ...size, succeeds, knows: [] };
}

/** A leg that somebody has been granted, and which session that is. */
function granted(world: World, chance: Chance) {
  const legs = [...world.records.tasks.values()].flatMap(({ legs }) => [...legs.values()]);
  const held = legs.flatMap(({ id, task, attempt, token, session }) =>
    token === null || session === null ? [] : [{ leg: id, task, attempt, token, session }],
  );
  return held.length === 0 ? null : chance.pick(held);
}

function victim(world: World, chance: Chance) {
  const sessions = [...world.records.items.session.values()].filter(
    ({ tentacle }) => tentacle !== forgerName,
  );
  return sessions.length === 0 ? null : chance.pick(sessions);
}

const succeeded = { type: "finished", outcome: { type: "succeeded", exitCode: 0 } } as const;

const forgeries: readonly Forgery[] = [
  (world, chance) => {
    const held = granted(world, chance);
    return held === null ? null : { type: "report", ...held, report: succeeded };
  },
  (world, chance, own) => {
    const held = granted(world, chance);
    return held === null ? null : { type: "report", ...held, session: own, report: succeeded };
  },
  (world, chance) => {
    const held = granted(world, chance);
    if (held === null) return null;
    const { leg, token, session } = held;
    return chance.happens(0.5)
      ? { type: "claim", session, leg, token }
      : { type: "decline", session, leg, token };
  },
  (world, chance, own) => {
    const shut = [...world.records.items.quarantine.values()];
    if (shut.length === 0) return null;
    const { token } = chance.pick(shut);
    return { type: "report", session: own, task: "t-1", leg: "t-1.1", attempt: 1, token, report: succeeded };
  },
  (world, chance) => {
    const session = victim(world, chance);
    if (session === null) return null;
    const type = chance.pick(["session.close", "session.drain", "session.beat"] as const);
    return { type, session: session.id };
  },
  (world, chance) => {
    const session = victim(world, chance);
    if (session === null) return null;
    const { id, tentacle, targets } = session;
    const own = chance.pick([`${tentacle}.forged`, `${forgerName}.2`]);
    return opening(own, own.slice(0, own.lastIndexOf(".")), chance.pick([targets, [nowhere]]), [id]);
  },
  (world, chance, own) => opening(own, forgerName, [chance.pick(world.targets)], []),
  (world, chance) => {
    const shut = [...world.records.items.quarantine.values()];
    if (shut.length === 0) return null;
    const { session, tentacle } = chance.pick(shut);
    return opening(`${tentacle}.forged`, tentacle, [nowhere], [session]);
  },
  (world, chance) => {
    const tasks = [...world.records.tasks.keys()];
    if (tasks.length === 0) return null;
    const task = chance.pick(tasks);
    return chance.pick<ItemWish>([
      { type: "cancel", task, by, reason: "" },
      { type: "discard", task, by, reason: "" },
      { type: "release", task, by },
      { type: "decide", task, result: "succeeded", by, reason: "forged" },
      { type: "task.ended", task, reason: "forged", record: null },
    ]);
  },
  (world, chance) => {
    const target = chance.pick(world.targets);
    return chance.pick<ItemWish>([
      {
        type: "target.put",
        target,
        policy: {},
        tags: [],
        users: [world.names.user(world.space, forgerName)],
      },
      { type: "quarantine.release", target, mutex: "script", by },
      { type: "mark", owner: "d1.1", at: world.scheduler.now },
    ]);
  },
];
