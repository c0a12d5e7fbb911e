import { expect, test } from "vitest";
import { fileNames } from "./names.ts";
import { repositoryFiles, toLines } from "./source.ts";

test("no file or folder has a name that says nothing", () => {
  expect(toLines(fileNames(repositoryFiles()))).toEqual([]);
});

test.each([
  "packages/store/src/utils/clock.ts",
  "test/support/test-helpers.ts",
  "services/api/src/QueueManager.ts",
])("refuses %s", (path) => {
  expect(fileNames([{ path, text: "" }])).toHaveLength(1);
});

test("names a folder once, however much is in it", () => {
  const files = ["packages/a/common/b.ts", "packages/a/common/c.ts"].map((path) => ({ path, text: "" }));
  expect(fileNames(files).map(({ path }) => path)).toEqual(["packages/a/common"]);
});

test("allows names that only contain such a word", () => {
  expect(fileNames([{ path: "packages/a/src/uncommon-commons.ts", text: "" }])).toEqual([]);
});
