import type { DeliverEffect, Effect } from "@berth/engine";
import { expect, test } from "vitest";
import { HeldSlots } from "./held-slots.ts";

function delivery(target: string, task: string): Effect {
  return { type: "deliver", target, leg: `${task}.1`, token: `token-of-${task}` } as DeliverEffect;
}

test("a grant of a slot that is held is an overlap, in one batch and over several", () => {
  const slots = new HeldSlots();
  slots.take([delivery("a", "one"), delivery("b", "two"), delivery("a", "three")]);
  expect(slots).toMatchObject({ grants: 3, overlaps: 1 });
  slots.take([delivery("b", "four")]);
  expect(slots).toMatchObject({ grants: 4, overlaps: 2 });
  slots.release("a");
  slots.take([delivery("a", "five")]);
  expect(slots.overlaps).toBe(3);
});

test("a grant after the end of the one before is none, and is the one that is in force", () => {
  const slots = new HeldSlots();
  slots.take([delivery("a", "one"), delivery("b", "two")]);
  slots.release("a");
  slots.take([delivery("a", "three")]);
  expect(slots.overlaps).toBe(0);
  expect(slots.grantOf("a")).toEqual({ leg: "three.1", token: "token-of-three" });
});

test("what is no delivery was not asked for, so nothing is measured with it", () => {
  const ended: Effect = { type: "session.ended", session: "a", reason: "its lease ended" };
  expect(() => new HeldSlots().take([ended])).toThrow("session.ended");
});
