import { expect, test } from "vitest";
import { importArrows } from "./arrows.ts";
import { repositoryFiles, toLines } from "./source.ts";

function objections(path: string, text: string): string[] {
  return importArrows([{ path, text }]).map(({ message }) => message);
}

test("imports follow the arrows", () => {
  expect(toLines(importArrows(repositoryFiles()))).toEqual([]);
});

test.each([
  [
    "a package that its room may not know",
    "packages/engine/src/a.ts",
    `import { z } from "@berth/protocol";`,
  ],
  ["a re-export of one", "packages/client/src/a.ts", `export * from "@berth/engine";`],
  ["a dynamic import of one", "packages/client/src/a.ts", `await import("@berth/engine");`],
  ["a type import of one", "packages/client/src/a.ts", `type A = import("@berth/engine").A;`],
  [
    "a value where only types are allowed",
    "packages/store/src/a.ts",
    `import { apply } from "@berth/engine";`,
  ],
  [
    "a relative import that leaves the package",
    "packages/cli/src/a.ts",
    `import "../../client/src/index.ts";`,
  ],
  ["an adapter from a package", "packages/dispatcher/src/a.ts", `import "@berth/broker/memory";`],
  ["an adapter from its port", "packages/broker/src/index.ts", `export * from "./memory/index.ts";`],
  ["an adapter from another", "packages/store/src/redis/a.ts", `import "../sqlite/b.ts";`],
  ["a service from a package", "packages/cli/src/a.ts", `import "@berth/api";`],
  ["a service from another", "services/api/src/a.ts", `import "@berth/standalone";`],
  ["a room nobody has decided about", "packages/extra/src/a.ts", ""],
])("refuses %s", (_what, path, text) => {
  expect(objections(path, text)).toHaveLength(1);
});

test.each([
  ["types where types are allowed", "packages/store/src/a.ts", `import type { A } from "@berth/engine";`],
  ["an adapter from a service", "services/standalone/src/a.ts", `import "@berth/broker/memory";`],
  [
    "a service from the one process that is all of them",
    "services/standalone/src/a.ts",
    `import "@berth/api";`,
  ],
  ["an adapter's own files", "packages/store/src/sqlite/a.ts", `import "./b.ts"; import "../port.ts";`],
  ["a comment that looks like an import", "packages/engine/src/a.ts", `// import "@berth/store"`],
])("allows %s", (_what, path, text) => {
  expect(objections(path, text)).toEqual([]);
});
