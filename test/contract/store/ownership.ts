import { epochsKept, type OwnerLease } from "@berth/store";
import { describe, expect } from "vitest";
import { startedAt } from "./records.ts";
import type { ContractTest } from "./scene.ts";

const leaseMs = 10_000;

export function ownershipContract(test: ContractTest): void {
  const lease = (space: string, owner: string, at: number): OwnerLease => ({ space, owner, at, leaseMs });

  describe("acquire", () => {
    test("the first owner of a space begins at sequence 0, with the time as the epoch", async ({ scene }) => {
      const ownership = await scene.store.acquire(lease(scene.space, "a", startedAt));
      expect(ownership).toEqual({ epoch: startedAt, sequence: 0 });
    });

    test("a space is refused to others while the lease of its owner has not ended", async ({ scene }) => {
      await scene.store.acquire(lease(scene.space, "a", startedAt));
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + 1))).toBeNull();
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs - 1))).toBeNull();
    });

    test("a space goes to another owner as soon as the lease has ended", async ({ scene }) => {
      await scene.store.acquire(lease(scene.space, "a", startedAt));
      const taken = await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs));
      expect(taken).toEqual({ epoch: startedAt + leaseMs, sequence: 0 });
    });

    test("an owner that acquires again gets a new epoch and a new lease", async ({ scene }) => {
      await scene.store.acquire(lease(scene.space, "a", startedAt));
      const again = await scene.store.acquire(lease(scene.space, "a", startedAt + 5000));
      expect(again).toEqual({ epoch: startedAt + 5000, sequence: 0 });
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs))).toBeNull();
    });

    test("an epoch is never given twice, also when the clock stands still or goes back", async ({
      scene,
    }) => {
      const epochs: (number | undefined)[] = [];
      for (const at of [startedAt, startedAt, startedAt - 1000, startedAt + 1]) {
        const ownership = await scene.store.acquire(lease(scene.space, "a", at));
        epochs.push(ownership?.epoch);
      }
      expect(epochs).toEqual([startedAt, startedAt + 1, startedAt + 2, startedAt + 3]);
    });

    test("an epoch is greater than the one that the caller has had, whatever the store and the clock say", async ({
      scene,
    }) => {
      const epochAbove = startedAt + 5_000_000;
      const first = await scene.store.acquire({ ...lease(scene.space, "a", startedAt), epochAbove });
      expect(first?.epoch).toBe(epochAbove + 1);
      const again = await scene.store.acquire({ ...lease(scene.space, "a", startedAt), epochAbove: 1 });
      expect(again?.epoch).toBe(epochAbove + 2);
      // Its lease is that of its clock all the same.
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs))).not.toBeNull();
    });

    test("a new owner goes on behind the last commit of the one before", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      await writer.commit();
      await scene.store.release(writer);
      const next = await scene.store.acquire(lease(scene.space, "b", startedAt));
      expect(next?.sequence).toBe(2);
    });

    test("of many that want a space at the same time one gets it", async ({ scene }) => {
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      const answers = await Promise.all(
        owners.map((owner) => scene.store.acquire(lease(scene.space, owner, startedAt))),
      );
      expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
    });

    test("the owner of one space owns no other", async ({ scene }) => {
      await scene.store.acquire(lease(scene.space, "a", startedAt));
      expect(await scene.store.acquire(lease(`${scene.space}-2`, "b", startedAt))).not.toBeNull();
    });
  });

  history(test, lease);
  renewing(test, lease);
  releasing(test, lease);
}

type MakeLease = (space: string, owner: string, at: number) => OwnerLease;

function history(test: ContractTest, lease: MakeLease): void {
  describe("the history of a space", () => {
    test("tells from which commit each owner started, the last ones of them, oldest first", async ({
      scene,
    }) => {
      expect(await scene.store.history(scene.space)).toEqual({ sequence: 0, leaseUntil: 0, epochs: [] });
      const first = await scene.writer();
      await first.commit();
      await first.commit();
      await scene.store.release(first);
      const second = await scene.writer();
      await second.commit();
      const third = await scene.store.acquire(lease(scene.space, second.owner, startedAt));
      expect(await scene.store.history(scene.space)).toEqual({
        sequence: 3,
        leaseUntil: startedAt + leaseMs,
        epochs: [
          { epoch: first.epoch, owner: first.owner, sequence: 0 },
          { epoch: second.epoch, owner: second.owner, sequence: 2 },
          { epoch: third?.epoch, owner: second.owner, sequence: 3 },
        ],
      });
      for (let time = 0; time < epochsKept; time += 1) {
        await scene.store.acquire(lease(scene.space, second.owner, startedAt));
      }
      const { epochs: kept } = await scene.store.history(scene.space);
      expect(kept.map(({ epoch }) => epoch - (third?.epoch ?? 0))).toEqual(
        Array.from({ length: epochsKept }, (_, index) => index + 1),
      );
    });

    test("tells when the lease of the owner ends, and whether there is one", async ({ scene }) => {
      const { store, space } = scene;
      const leaseUntil = async (): Promise<number> => (await store.history(space)).leaseUntil;
      const { epoch } = (await store.acquire(lease(space, "a", startedAt)))!;
      expect(await leaseUntil()).toBe(startedAt + leaseMs);
      await store.renew({ ...lease(space, "a", startedAt + 4000), epoch });
      expect(await leaseUntil()).toBe(startedAt + 4000 + leaseMs);
      await store.release({ space, owner: "a", epoch });
      expect(await leaseUntil()).toBe(0);
    });

    test("is that of the space, and only of owners that were taken", async ({ scene }) => {
      await scene.store.acquire(lease(scene.space, "a", startedAt));
      await scene.store.acquire(lease(scene.space, "b", startedAt));
      await scene.store.acquire(lease(`${scene.space}-2`, "b", startedAt + 1));
      expect((await scene.store.history(scene.space)).epochs).toEqual([
        { epoch: startedAt, owner: "a", sequence: 0 },
      ]);
    });
  });
}

function renewing(test: ContractTest, lease: MakeLease): void {
  describe("renew", () => {
    test("the owner keeps the space for a whole lease from the renewal on", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      expect(await scene.store.renew({ ...lease(scene.space, "a", startedAt + 8000), epoch })).toBe(0);
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + 8000 + leaseMs - 1))).toBeNull();
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + 8000 + leaseMs))).not.toBeNull();
    });

    test("a renewal tells how far the space has come", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      await writer.commit();
      const { space, owner, epoch } = writer;
      expect(await scene.store.renew({ space, owner, epoch, at: startedAt, leaseMs })).toBe(2);
    });

    test("a renewal never shortens the lease", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      expect(await scene.store.renew({ ...lease(scene.space, "a", startedAt - 5000), epoch })).toBe(0);
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs - 1))).toBeNull();
    });

    test("a lease that has ended is renewed as long as nobody else took the space", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      const late = startedAt + 3 * leaseMs;
      expect(await scene.store.renew({ ...lease(scene.space, "a", late), epoch })).toBe(0);
      expect(await scene.store.acquire(lease(scene.space, "b", late + 1))).toBeNull();
    });

    test("who does not own the space renews nothing", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      const other = `${scene.space}-2`;
      expect(await scene.store.renew({ ...lease(scene.space, "b", startedAt), epoch })).toBeNull();
      expect(await scene.store.renew({ ...lease(scene.space, "a", startedAt), epoch: epoch - 1 })).toBeNull();
      expect(await scene.store.renew({ ...lease(other, "a", startedAt), epoch })).toBeNull();
    });

    test("an owner that lost the space renews nothing", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      await scene.store.acquire(lease(scene.space, "b", startedAt + leaseMs));
      expect(await scene.store.renew({ ...lease(scene.space, "a", startedAt + leaseMs), epoch })).toBeNull();
    });
  });
}

function releasing(test: ContractTest, lease: MakeLease): void {
  describe("release", () => {
    test("a space that was released is free at once", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      await scene.store.release({ space: scene.space, owner: "a", epoch });
      expect(await scene.store.renew({ ...lease(scene.space, "a", startedAt), epoch })).toBeNull();
      const next = await scene.store.acquire(lease(scene.space, "b", startedAt));
      expect(next?.epoch).toBe(epoch + 1);
    });

    test("a release by another owner, or of another epoch, changes nothing", async ({ scene }) => {
      const { epoch } = (await scene.store.acquire(lease(scene.space, "a", startedAt)))!;
      await scene.store.release({ space: scene.space, owner: "b", epoch });
      await scene.store.release({ space: scene.space, owner: "a", epoch: epoch - 1 });
      await scene.store.release({ space: `${scene.space}-2`, owner: "a", epoch });
      expect(await scene.store.acquire(lease(scene.space, "b", startedAt))).toBeNull();
    });
  });
}
