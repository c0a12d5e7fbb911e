// What befalls RabbitMQ.
import { eventually } from "../../support/eventually.ts";
import type { ChaosWorld } from "../world.ts";
import type { Fault } from "./fault.ts";
import { sendGarbage } from "./garbage.ts";

/** `kill -9`. What was confirmed is on its disk; deliveries are not. */
export const rabbitmqKilled: Fault = {
  name: "rabbitmqKilled",
  parts: ["broker"],
  needsMemory: false,
  befall: async (world) => {
    await world.servers.rabbitmq.kill();
    await world.untilNoticed();
    return () => world.servers.rabbitmq.start();
  },
};

/** An orderly restart, while what is granted to a tentacle has not got there: it is gone, and must be sent again. */
export const deliveriesLost: Fault = {
  name: "deliveriesLost",
  parts: ["broker", "tentacle"],
  needsMemory: false,
  befall: async (world) => {
    const tentacle = world.stack.part("tentacle-3");
    tentacle.freeze();
    const granted = await grantSome(world, "web-3");
    await world.servers.rabbitmq.shutDown();
    tentacle.thaw();
    return async () => {
      await world.servers.rabbitmq.start();
      const load = world.loads.at(-1) ?? world.own;
      for (const task of granted) await load.settled(task);
    };
  },
};

/** Health checks, since they wait for no slot; with a lane for one on each target, this is what is granted at once. */
async function grantSome(world: ChaosWorld, target: string): Promise<string[]> {
  const load = world.loads.at(-1) ?? world.own;
  const ids: string[] = [];
  for (let nth = 0; nth < 4; nth += 1)
    ids.push(await load.enqueue(world.requests.simple(world.newKey("unsent"), "job", target, 2)));
  const isGranted = async (): Promise<boolean> => {
    const { items } = await world.server.insist((client) => client.tasks({ ids, limit: 10 }));
    return items.some(({ state }) => state === "granted");
  };
  // What is behind an exclusive one of the load is granted when that is over, which the frozen one cannot say.
  await eventually("some are granted", isGranted, world.leaseMs).catch(() => undefined);
  return ids;
}

/** So little memory that it takes nothing from anybody: senders are blocked, heartbeats too. */
export const memoryAlarm: Fault = {
  name: "memoryAlarm",
  parts: ["broker"],
  needsMemory: false,
  befall: async (world) => {
    const { rabbitmq } = world.servers;
    await rabbitmq.ctl("set_vm_memory_high_watermark", "0.000001");
    return async () => {
      await rabbitmq.ctl("set_vm_memory_high_watermark", "0.4");
    };
  },
};

/** Everybody gets what nobody can read. */
export const garbageSent: Fault = {
  name: "garbageSent",
  parts: [],
  needsMemory: false,
  befall: async (world, chance) => {
    const since = Date.now();
    await sendGarbage(world, chance);
    return () => world.untilOops("MessageRefused", since);
  },
};
