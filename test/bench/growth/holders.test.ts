import { expect, test } from "vitest";
import { type Holder, Holders } from "./holders.ts";

let legs = 0;

function holder(target: string, mode: Holder["mode"]): Holder {
  legs += 1;
  return { target, mode, leg: `leg-${legs}`, token: "t" };
}

test("whoever is granted beside an exclusive holder is an overlap, and so is an exclusive one beside anybody", () => {
  const holders = new Holders();
  for (const mode of ["exclusive", "shared"] as const) holders.add(holder("a", mode));
  expect(holders.overlaps).toBe(1);
  for (const mode of ["shared", "exclusive"] as const) holders.add(holder("b", mode));
  expect(holders).toMatchObject({ overlaps: 2, grants: 4 });
});

test("shared ones, bypassing ones, and one after the other are none", () => {
  const holders = new Holders();
  for (const mode of ["shared", "shared", "bypass"] as const) holders.add(holder("a", mode));
  const first = holder("b", "exclusive");
  holders.add(first);
  holders.add(holder("b", "bypass"));
  holders.end(first);
  holders.add(holder("b", "exclusive"));
  expect(holders.overlaps).toBe(0);
});
