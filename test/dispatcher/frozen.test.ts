// A process that stood still does not know it. What it does next may be the very thing that others have done meanwhile.
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";

const leaseMs = 1_000;

interface Frozen {
  readonly scene: DispatcherScene;
  /** Stands still for longer than a lease after the next commit; `meanwhile` runs while it does. */
  readonly freezeAfterCommit: (meanwhile: () => Promise<void>) => void;
  readonly now: () => number;
}

async function openFrozen(): Promise<Frozen> {
  let stoodStillMs = 0;
  const now = (): number => Date.now() + stoodStillMs;
  const scene = await DispatcherScene.open({ clock: now, settings: { ownerLeaseMs: leaseMs } });
  return {
    scene,
    now,
    freezeAfterCommit: (meanwhile) => {
      let isFirst = true;
      scene.watched.rule = async (_commit, pass) => {
        const outcome = await pass();
        if (!isFirst) return outcome;
        isFirst = false;
        stoodStillMs += 2 * leaseMs;
        await meanwhile();
        return outcome;
      };
    },
  };
}

describe("a dispatcher that stood still between a commit and what follows from it", () => {
  test("sends and acknowledges nothing where somebody else has the space", async () => {
    const { scene, freezeAfterCommit, now } = await openFrozen();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    const before = scene.journal.entries.length;
    freezeAfterCommit(async () => {
      const lease = { space, owner: "owner-2", at: now(), leaseMs: 3_600_000 };
      expect(await scene.store.acquire(lease)).not.toBeNull();
    });
    await user.send(submit("t-1"));
    await scene.logged("another dispatcher owns space");
    const after = scene.journal.entries.slice(before);
    expect(after.filter(({ type }) => type === "published" || type === "acked")).toEqual([]);
    expect(await scene.stateOf("t-1")).toBe("granted");
    expect(worker.deliveries).toEqual([]);
  });

  test("goes on where nobody has taken it, with a lease that is renewed first", async () => {
    const { scene, freezeAfterCommit, now } = await openFrozen();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    freezeAfterCommit(async () => {});
    const [id] = await user.send(submit("t-1"));
    expect(await user.reply(id!)).toMatchObject({ type: "submitted" });
    await worker.delivery("t-1");
    expect((await scene.store.history(space)).leaseUntil).toBeGreaterThan(now());
  });
});
