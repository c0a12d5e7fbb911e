// What befalls Redis.

import { eventually } from "../../support/eventually.ts";
import type { RedisServer } from "../../support/servers/redis.ts";
import type { ChaosWorld } from "../world.ts";
import { deposals } from "./dispatchers.ts";
import { type Fault, mended, type Undo } from "./fault.ts";

/** `kill -9`. It writes before it answers, so all is there when it comes back. */
export const redisKilled: Fault = {
  name: "redisKilled",
  parts: ["store"],
  needsMemory: false,
  befall: async (world) => {
    const { redis } = world.servers;
    await redis.kill();
    await world.untilNoticed();
    return () => redis.start();
  },
};

/** As if it had never been persisted. */
export const redisEmptied: Fault = {
  name: "redisEmptied",
  parts: ["store"],
  needsMemory: true,
  befall: async (world) => {
    await noteForgettable(world);
    return await backwards(world, () => world.servers.redis.restartEmpty());
  },
};

export const redisFlushed: Fault = {
  name: "redisFlushed",
  parts: ["store"],
  needsMemory: true,
  befall: async (world) => {
    await noteForgettable(world);
    return await backwards(world, () => world.servers.redis.cli("flushall"));
  },
};

/** The last writes are gone: the replica that takes over did not have them. The owner writes them again. */
export const replicaPromoted: Fault = {
  name: "replicaPromoted",
  parts: ["store"],
  needsMemory: true,
  befall: async (world) => {
    const replica = await world.servers.openLaggingReplica();
    await lagBehind(world, replica);
    return await backwards(world, () => world.servers.promote(replica));
  },
};

/**
 * The same while the owner stands still: another one takes the space without those writes. When the former one goes on it puts the
 * commands that are missing into the inbox again, and so nothing is lost; but what had happened in that time is nobody's
 * knowledge any more. So what ran then may run beside something else, and ends of then may be told as canceled.
 */
export const replicaPromotedToHeir: Fault = {
  name: "replicaPromotedToHeir",
  parts: ["store", "owner"],
  needsMemory: true,
  befall: async (world) => {
    const owner = await world.stack.untilOwned();
    const lost = deposals(owner);
    const replica = await world.servers.openLaggingReplica();
    const from = Date.now();
    await lagBehind(world, replica);
    owner.freeze();
    await world.servers.promote(replica);
    await world.untilHeir(owner);
    return async () => {
      owner.thaw();
      await eventually(`${owner.name} sees that it was deposed`, () => deposals(owner) > lost, 60_000);
      await eventually(
        "what was lost is in the inbox again",
        () => owner.log.some(({ msg, time }) => msg.includes("in the inbox again") && Number(time) >= from),
        60_000,
      );
      world.forgotten.push({ from, until: Date.now() });
    };
  },
};

async function lagBehind(world: ChaosWorld, replica: RedisServer): Promise<void> {
  try {
    await world.workOn(30);
  } catch (error) {
    await replica.stop();
    throw error;
  }
}

/** Resolves when the store has gone back; it is mended when its owner has said so. */
async function backwards(world: ChaosWorld, goBack: () => Promise<unknown>): Promise<Undo> {
  const since = Date.now();
  await goBack();
  await world.untilOops("StoreWentBackwards", since);
  return mended;
}

/** So many ends an owner knows from before its own time (docs/operations.md, "A store that goes backwards"). */
const endsKept = 500;

/**
 * What had ended before the owner took the space, except for the latest, is only in the store. That it is gone with the store is no
 * fault of Berth's; all else is.
 */
async function noteForgettable(world: ChaosWorld): Promise<void> {
  const owner = await world.stack.untilOwned();
  const line = owner.process.log.findLast(({ msg }) => msg === "owns the space");
  const ownedAt = Number(line?.time ?? 0);
  // The newest first, as it has read them.
  const ended = (await world.tasks()).filter(
    ({ endedAt }) => endedAt !== null && Date.parse(endedAt) < ownedAt,
  );
  for (const { id } of ended.slice(endsKept)) world.forgettable.add(id);
}
