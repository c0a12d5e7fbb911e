import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ring } from "./ring.ts";

describe("a ring", () => {
  test("gives back what was pushed, oldest first, however pushes and shifts alternate", () => {
    const steps = fc.array(fc.record({ pushes: fc.nat(40), shifts: fc.nat(40) }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (rounds) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        let next = 0;
        for (const { pushes, shifts } of rounds) {
          for (let count = 0; count < pushes; count += 1) {
            ring.push(next);
            model.push(next);
            next += 1;
          }
          for (let count = 0; count < shifts; count += 1) expect(ring.shift()).toBe(model.shift());
          expect([ring.at(0), ring.at(7)]).toEqual([model[0], model[7]]);
          expect(ring.length).toBe(model.length);
        }
      }),
    );
  });

  test("is empty after it was cleared, and can be used again", () => {
    const ring = new Ring<string>();
    for (const item of ["a", "b", "c"]) ring.push(item);
    ring.clear();
    expect(ring.shift()).toBeUndefined();
    ring.push("d");
    expect([ring.shift(), ring.length]).toEqual(["d", 0]);
  });
});
