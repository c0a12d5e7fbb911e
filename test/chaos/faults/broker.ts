// What befalls RabbitMQ.
import { eventually } from "../../support/eventually.ts";
import { quietTarget, quietTentacle } from "../requests.ts";
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
    const load = world.loads.at(-1) ?? world.own;
    const { rabbitmq } = world.servers;
    const tentacle = world.stack.part(quietTentacle);
    tentacle.freeze();
    const ids: string[] = [];
    for (let nth = 0; nth < 4; nth += 1)
      ids.push(await load.enqueue(world.requests.simple(world.newKey("unsent"), "job", quietTarget, 2)));
    await eventually("they are granted", async () => {
      const { items } = await world.server.insist((client) => client.tasks({ ids, limit: 10 }));
      return items.length === ids.length && items.every(({ state }) => state === "granted");
    });
    await rabbitmq.shutDown();
    tentacle.thaw();
    return async () => {
      await rabbitmq.start();
      for (const task of ids) await load.settled(task);
    };
  },
};

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
