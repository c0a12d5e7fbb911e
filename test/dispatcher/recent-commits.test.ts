import type { EpochStart } from "@berth/store";
import { epochsKept } from "@berth/store";
import { describe, expect, test } from "vitest";
import { Courtesy } from "../../packages/dispatcher/src/courtesy.ts";
import { RecentCommits } from "../../packages/dispatcher/src/recent-commits.ts";

const start = (epoch: number, owner: string, sequence: number): EpochStart => ({ epoch, owner, sequence });

const content = { at: 0, changes: [], counters: { order: 0, token: 0 }, carriedOut: [], ended: [] };

/** Of an owner `a` that began in epoch 10 after commit 5, with so many commits that are durable. */
function recentOf(commits: number, bytesMax = 1_000_000): RecentCommits {
  const recent = new RecentCommits("a", { epoch: 10, sequence: 5 }, [start(9, "z", 0)], bytesMax);
  for (let nth = 0; nth < commits; nth += 1) recent.add(content).isDurable = true;
  return recent;
}

function lost(recent: RecentCommits, ...epochs: EpochStart[]): number[] | null {
  return recent.lostTo(epochs)?.map(({ sequence }) => sequence) ?? null;
}

describe("what the next owner of a space misses", () => {
  const [before, own] = [start(9, "z", 0), start(10, "a", 5)];

  test("is nothing where it started behind the last commit", () => {
    expect(lost(recentOf(3), before, own, start(11, "b", 8))).toEqual([]);
  });

  test("is what comes after the commit from which it started", () => {
    expect(lost(recentOf(3), before, own, start(11, "b", 6))).toEqual([7, 8]);
    // Whoever came after it has what it had.
    expect(lost(recentOf(3), own, start(11, "b", 6), start(12, "c", 60))).toEqual([7, 8]);
  });

  test("is everything where the store does not know that the space was owned", () => {
    expect(lost(recentOf(3), before, start(11, "b", 5))).toEqual([6, 7, 8]);
    expect(lost(recentOf(3), start(11, "b", 0))).toEqual([6, 7, 8]);
    // The clock of that one is behind.
    expect(lost(recentOf(3), start(3, "b", 0))).toEqual([6, 7, 8]);
  });

  test("cannot be told while nobody has had the space since", () => {
    expect(lost(recentOf(3), before, own)).toBeNull();
    expect(lost(recentOf(3), before)).toBeNull();
    expect(lost(recentOf(3))).toBeNull();
  });

  test("counts from the first that came between, also where the owner has taken the space again", () => {
    const recent = recentOf(3);
    recent.goOnIn(12);
    expect(lost(recent, own, start(11, "b", 7), start(12, "a", 9))).toEqual([8]);
  });

  test("is the same for the next life of the same dispatcher", () => {
    expect(lost(recentOf(3), before, own, start(11, "a", 7))).toEqual([8]);
  });

  test("is not asked for where so many came since that the space has forgotten", () => {
    const epochs = Array.from({ length: epochsKept }, (_, index) => start(20 + index, "b", 100));
    expect(lost(recentOf(3), ...epochs)).toEqual([]);
  });

  test("is nothing that was never durable", () => {
    const recent = recentOf(2);
    recent.add(content);
    expect(lost(recent, own, start(11, "b", 6))).toEqual([7]);
    expect(recent.durable).toBe(7);
  });
});

describe("the commits that are kept", () => {
  test("are the last ones that fit, and all that are not durable yet", () => {
    const recent = recentOf(5, 1100);
    expect(recent.all().map(({ sequence }) => sequence)).toEqual([9, 10]);
    expect(recent.reachBackTo({ epoch: 10, sequence: 8 })).toBe(true);
    expect(recent.reachBackTo({ epoch: 10, sequence: 7 })).toBe(false);
    for (let nth = 0; nth < 5; nth += 1) recent.add(content);
    expect(recent.all().map(({ sequence }) => sequence)).toEqual([11, 12, 13, 14, 15]);
  });

  test("reach back to no epoch before them, whatever its numbers, nor behind a whole state", () => {
    const recent = recentOf(3);
    expect(recent.reachBackTo({ epoch: 10, sequence: 5 })).toBe(true);
    expect(recent.reachBackTo({ epoch: 9, sequence: 6 })).toBe(false);
    expect(recent.reachBackTo({ epoch: 10, sequence: 9 })).toBe(false);
    recent.startOver({ epoch: 13, sequence: 1 });
    expect(recent.reachBackTo({ epoch: 10, sequence: 7 })).toBe(false);
    expect(recent.reachBackTo({ epoch: 13, sequence: 1 })).toBe(true);
    expect(recent.add(content).sequence).toBe(2);
    expect(recent.after(1)).toHaveLength(1);
    expect(recent.all()).toHaveLength(4);
  });
});

describe("whoever waits for a space", () => {
  const grace = 1000;
  const seen = (sequence: number, ...epochs: EpochStart[]) => ({ sequence, epochs });

  test("waits for a lease longer where it went backwards, for its owner", () => {
    const courtesy = new Courtesy("me", grace);
    expect(courtesy.leavesItToItsOwner(seen(7, start(10, "a", 5)), 0)).toBe(false);
    expect(courtesy.leavesItToItsOwner(seen(6, start(10, "a", 5)), 100)).toBe(true);
    expect(courtesy.leavesItToItsOwner(seen(0), 1099)).toBe(true);
    expect(courtesy.leavesItToItsOwner(seen(0), 1100)).toBe(false);
  });

  test("waits no longer once the owner has taken it again", () => {
    const courtesy = new Courtesy("me", grace);
    courtesy.leavesItToItsOwner(seen(7, start(10, "a", 5)), 0);
    expect(courtesy.leavesItToItsOwner(seen(0), 100)).toBe(true);
    expect(courtesy.leavesItToItsOwner(seen(1, start(11, "a", 0)), 200)).toBe(false);
    expect(courtesy.leavesItToItsOwner(seen(0), 300)).toBe(true);
  });

  test("does not wait for itself", () => {
    const courtesy = new Courtesy("me", grace);
    courtesy.leavesItToItsOwner(seen(7, start(10, "me", 5)), 0);
    expect(courtesy.leavesItToItsOwner(seen(0), 100)).toBe(false);
  });
});
