import { expect, test } from "vitest";
import { machineTraces } from "./machine.ts";
import { repositoryFiles, toLines } from "./source.ts";

// Put together here, or this file would break the rule.
const home = ["", "home", "ada", "berth"].join("/");
const registry = ["registry", "example", "org"].join(".");

test("nothing tells of the machine it was written on", () => {
  expect(toLines(machineTraces(repositoryFiles()))).toEqual([]);
});

test.each([
  ["README.md", `cd ${home}`],
  ["docs/a.md", `see ${registry}`],
  ["pnpm-lock.yaml", "resolution: {tarball: https://example.org/a.tgz}"],
])("refuses it in %s", (path, text) => {
  expect(machineTraces([{ path, text }]).length).toBeGreaterThan(0);
});

test("allows addresses and paths that are the same everywhere", () => {
  const text = "https://nodejs.org/en/download /var/lib/berth packages/home/a.ts";
  expect(machineTraces([{ path: "docs/a.md", text }])).toEqual([]);
});
