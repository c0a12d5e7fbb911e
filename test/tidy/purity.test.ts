import { expect, test } from "vitest";
import { enginePurity } from "./purity.ts";
import { repositoryFiles, toLines } from "./source.ts";

function objections(text: string): number {
  return enginePurity([{ path: "packages/engine/src/a.ts", text }]).length;
}

test("the engine is pure", () => {
  expect(toLines(enginePurity(repositoryFiles()))).toEqual([]);
});

test.each([
  "Date.now()",
  "const at: Date = x",
  "Math.random()",
  `Math["random"]()`,
  "process.env",
  "({ process })",
  `import "node:crypto"`,
  `import type { A } from "zod"`,
  "setTimeout(f, 1)",
  "let p: Promise<void>",
  "async () => 1",
  "class A { async go() {} }",
  "console.log(1)",
  "performance.now()",
  "crypto.randomUUID()",
  `import("./b.ts")`,
])("refuses %s", (text) => {
  expect(objections(text)).toBeGreaterThan(0);
});

test.each([
  "// Date.now() and process are named in a comment",
  `const text = "Math.random()"`,
  "leg.process",
  "({ process: 1 })",
  "interface A { readonly console: string }",
  "Math.max(1, 2)",
  `import { a } from "./b.ts"`,
])("allows %s", (text) => {
  expect(objections(text)).toBe(0);
});

test("looks at the engine only, and not at its tests", () => {
  const text = "Date.now()";
  expect(enginePurity([{ path: "packages/dispatcher/src/a.ts", text }])).toEqual([]);
  expect(enginePurity([{ path: "packages/engine/src/a.test.ts", text }])).toEqual([]);
});
