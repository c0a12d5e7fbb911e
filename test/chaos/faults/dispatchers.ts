// What befalls the dispatcher that owns the space.
import { eventually } from "../../support/eventually.ts";
import type { StackPart } from "../../support/stack/part.ts";
import type { ChaosWorld } from "../world.ts";
import type { Fault } from "./fault.ts";

/** Its scripts run on; the other dispatcher takes the space when the lease ends. */
export const dispatcherKilled: Fault = {
  name: "dispatcherKilled",
  parts: ["owner"],
  needsMemory: false,
  befall: async (world) => {
    const owner = await world.stack.untilOwned();
    await owner.kill();
    await noteTakeover(world, owner, Date.now());
    await world.workOn();
    return async () => {
      await owner.start();
      await owner.untilReady();
    };
  },
};

/** SIGSTOP for longer than its lease, and then it goes on in the middle of whatever it was doing. */
export const dispatcherFrozen: Fault = {
  name: "dispatcherFrozen",
  parts: ["owner"],
  needsMemory: false,
  befall: async (world) => {
    const owner = await world.stack.untilOwned();
    const lost = deposals(owner);
    owner.freeze();
    await world.untilHeir(owner);
    await world.workOn();
    return async () => {
      owner.thaw();
      await eventually(`${owner.name} sees that it was deposed`, () => deposals(owner) > lost, 60_000);
    };
  },
};

/** Law 10 for a whole space: the first task that the next owner grants. */
async function noteTakeover(world: ChaosWorld, former: StackPart, killedAt: number): Promise<void> {
  const heir = await world.untilHeir(former);
  const line = heir.process.log.findLast(
    ({ msg, space }) => msg === "owns the space" && space === world.space,
  );
  const prefix = `${String(line?.epoch).padStart(14, "0")}-`;
  const run = await eventually(
    "a run under the new owner",
    () => world.stack.evidence.runs().find(({ token }) => token.startsWith(prefix)),
    60_000,
  );
  const what = `the space of ${former.name}`;
  // Its lease may have been about to end when it was killed, except for what lies between two renewals.
  const notBefore = killedAt + (world.leaseMs * 2) / 3 - spareMs;
  const grantedAt = run.startedAt;
  world.noteRegrant({ what, killedAt, grantedAt, notBefore });
}

/** A renewal that was due may be a little late. */
const spareMs = 300;

export function deposals(part: StackPart): number {
  return part.log.filter(({ msg }) => msg.includes("another dispatcher owns space")).length;
}
