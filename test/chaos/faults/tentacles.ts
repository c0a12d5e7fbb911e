// What befalls tentacles, and the API.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { poolTarget } from "../requests.ts";
import type { ChaosWorld } from "../world.ts";
import type { Fault } from "./fault.ts";

/** A heartbeat is sent every third of the lease, so the last one may be that old; and it may have been late a little. */
const spareMs = 300;

/**
 * One of two that serve the same target, while it runs a deploy there and others wait for that slot. What it ran is nobody's knowledge
 * then: the deploy is parked, and the slot goes to the next one, at the other tentacle, when the lease ends.
 */
export const tentacleKilled: Fault = {
  name: "tentacleKilled",
  parts: ["tentacle"],
  needsMemory: false,
  befall: async (world) => {
    const load = world.loads.at(-1) ?? world.own;
    const file = join(world.stack.folder, world.newKey("anchor-end"));
    const anchor = await load.enqueue(world.requests.anchor(world.newKey("anchor"), poolTarget, file));
    const run = await eventually(
      "the anchor runs",
      () => world.stack.evidence.runs().find(({ task }) => task === anchor),
      60_000,
    );
    const session = await eventually("its session", async () => {
      const { legs } = await world.server.insist((client) => client.task(anchor));
      return legs[0]?.state === "running" && legs[0].session;
    });
    for (let nth = 0; nth < 3; nth += 1)
      await load.enqueue(world.requests.simple(world.newKey("waiter"), "deploy", poolTarget, 3));
    const part = world.stack.part(session.slice(0, session.lastIndexOf(".")));
    await part.kill();
    await noteRegrant(world, run.mutex, part.name, Date.now());
    await writeFile(file, "");
    return async () => {
      await part.start();
      await part.untilReady();
      await rm(file, { force: true });
    };
  },
};

/** Law 10: the next one that has the slot. */
async function noteRegrant(
  world: ChaosWorld,
  slot: string,
  tentacle: string,
  killedAt: number,
): Promise<void> {
  const next = await eventually(
    `the next one has ${slot}`,
    () =>
      world.stack.evidence
        .runs()
        .find(
          ({ mutex, kind, startedAt }) => mutex === slot && kind !== "health-check" && startedAt > killedAt,
        ),
    60_000,
  );
  const { legs } = await world.server.insist((client) => client.task(next.task));
  const leg = legs.find(({ id, token }) => id === next.leg && token === next.token);
  // It may have been granted again since; when it started is later than its grant in any case.
  const grantedAt = leg?.grantedAt == null ? next.startedAt : Date.parse(leg.grantedAt);
  const notBefore = killedAt + (world.leaseMs * 2) / 3 - spareMs;
  world.noteRegrant({ what: `${slot} of ${tentacle}`, killedAt, grantedAt, notBefore });
}

/** It has no state: whoever asked it asks again. */
export const apiKilled: Fault = {
  name: "apiKilled",
  parts: ["api"],
  needsMemory: false,
  befall: async (world) => {
    const { api } = world.stack;
    await api.kill();
    await world.untilNoticed();
    return async () => {
      await api.start();
      await api.untilReady();
    };
  },
};
