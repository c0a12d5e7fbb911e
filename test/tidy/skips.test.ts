import { expect, test } from "vitest";
import { silentSkips } from "./skips.ts";
import { repositoryFiles, toLines } from "./source.ts";

test("no test is skipped without a reason, and none hides the others", () => {
  expect(toLines(silentSkips(repositoryFiles()))).toEqual([]);
});

test.each([`test.skip("a", f)`, `describe.only("a", f)`, `it.todo("a")`, `test.skipIf(!redis)("a", f)`])(
  "refuses %s",
  (text) => {
    expect(silentSkips([{ path: "test/a.test.ts", text }])).toHaveLength(1);
  },
);

test("allows skips with a reason", () => {
  const text = `test("a", skipBecause(reason), (context) => context.skip("it is Monday"));`;
  expect(silentSkips([{ path: "test/a.test.ts", text }])).toEqual([]);
});
