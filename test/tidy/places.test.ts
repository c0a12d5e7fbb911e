import { expect, test } from "vitest";
import { dependencyPlaces } from "./places.ts";
import { repositoryFiles, toLines } from "./source.ts";

test("dependencies stay in their places", () => {
  expect(toLines(dependencyPlaces(repositoryFiles()))).toEqual([]);
});

test.each([
  ["packages/dispatcher/src/a.ts", `import { DatabaseSync } from "node:sqlite";`],
  ["packages/broker/src/port.ts", `import type { Channel } from "amqplib";`],
  ["packages/client/src/a.ts", `import { z } from "zod/v4";`],
  ["packages/client/src/a.ts", `import "left-pad";`],
])("refuses in %s: %s", (path, text) => {
  expect(dependencyPlaces([{ path, text }])).toHaveLength(1);
});

test("allows a dependency in its place, Node's own modules, and anything in tests", () => {
  const files = [
    {
      path: "packages/store/src/sqlite/a.ts",
      text: `import "node:sqlite"; import "node:fs"; import "./b.ts";`,
    },
    { path: "test/contract/a.test.ts", text: `import "amqplib";` },
  ];
  expect(dependencyPlaces(files)).toEqual([]);
});
