import type { CalamityName } from "./faults.ts";
import type { World } from "./world.ts";

type Befall = (world: World) => string;

/** What befalls a whole process or server. Each says whom it has hit. */
export const calamities: Readonly<Record<CalamityName, Befall>> = {
  tentacleKilled: (world) => {
    const tentacle = world.someTentacle();
    tentacle.kill(world.chance.int(0, 400), world.chance.int(200, 5_000));
    return tentacle.name;
  },
  tentacleRebooted: (world) => {
    const tentacle = world.someTentacle();
    tentacle.reboot(world.chance.int(500, 6_000));
    return tentacle.name;
  },
  tentacleFrozen: (world) => {
    const tentacle = world.someTentacle();
    tentacle.freeze(world.chance.int(200, 3 * world.leaseMs));
    return tentacle.name;
  },
  tentacleUpgraded: (world) => {
    const tentacle = world.someTentacle();
    tentacle.upgrade(world.chance.int(0, 3_000), world.chance.int(100, 1_000));
    return tentacle.name;
  },
  tentacleCutOff: (world) => {
    const tentacle = world.someTentacle();
    tentacle.cutOff(world.chance.int(300, 3 * world.leaseMs));
    return tentacle.name;
  },
  tentacleDisconnected: (world) => {
    const tentacle = world.someTentacle();
    tentacle.breakConnection();
    return tentacle.name;
  },
  dispatcherKilled: (world) => {
    const dispatcher = world.someDispatcher();
    dispatcher.kill(world.chance.int(0, 3_000));
    return dispatcher.name;
  },
  dispatcherStopped: (world) => {
    const dispatcher = world.someDispatcher();
    dispatcher.stop(world.chance.int(0, 2_000));
    return dispatcher.name;
  },
  dispatcherFrozen: (world) => {
    const dispatcher = world.someDispatcher();
    const forMs = world.chance.int(100, 2 * world.ownerLeaseMs);
    dispatcher.freeze(forMs);
    return `${dispatcher.name} for ${forMs} ms`;
  },
  dispatcherDisconnected: (world) => {
    const dispatcher = world.someDispatcher();
    dispatcher.breakConnection();
    return dispatcher.name;
  },
  clockJumps: (world) => {
    const dispatcher = world.someDispatcher();
    const ms = world.chance.pick([-1, 1]) * world.chance.pick([50, 1_000, 8_000]);
    dispatcher.jumpClock(ms);
    return `${dispatcher.name} by ${ms} ms`;
  },
  clientDisconnected: (world) => {
    world.client.breakConnection();
    return "client";
  },
  brokerRestarted: (world) => {
    world.broker.restart(world.chance.int(50, 2_000));
    return "broker";
  },
  storeRollsBack: (world) => {
    const writes = world.chance.int(1, Math.min(20, world.store.writes + 1));
    world.store.rollBack(writes);
    return `by ${writes} writes`;
  },
  storeLosesEverything: (world) => {
    world.store.loseEverything();
    return "store";
  },
};
