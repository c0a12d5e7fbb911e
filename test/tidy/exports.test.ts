import { expect, test } from "vitest";
import { deadExports } from "./exports.ts";
import { repositoryFiles, type SourceFile, toLines } from "./source.ts";

const manifest = {
  path: "packages/a/package.json",
  text: JSON.stringify({ name: "@berth/a", exports: { ".": "./src/index.ts" } }),
};

function dead(files: Readonly<Record<string, string>>): string[] {
  const sources: SourceFile[] = Object.entries(files).map(([path, text]) => ({ path, text }));
  return deadExports([manifest, ...sources]).map(({ path, message }) => `${path}: ${message.split(" ")[0]}`);
}

test("what is exported is used", () => {
  expect(toLines(deadExports(repositoryFiles()))).toEqual([]);
});

test("refuses exports of every sort that nobody imports", () => {
  const found = dead({
    "packages/a/src/index.ts": `import { used } from "./b.ts"; export const offered = used;`,
    "packages/a/src/b.ts": `export const used = 1; export function f() {} export class C {} export interface I {}
      export type T = string; const x = 1; export { x as y };`,
  });
  expect(found).toEqual(["f", "C", "I", "T", "y"].map((name) => `packages/a/src/b.ts: ${name}`));
});

test("refuses a re-export that is itself not used, and what it stands for", () => {
  const found = dead({
    "packages/a/src/inner/index.ts": `export { f } from "../b.ts"; export * from "../c.ts";`,
    "packages/a/src/b.ts": `export function f() {}`,
    "packages/a/src/c.ts": `export function g() {}`,
    "packages/a/src/d.ts": `import { g } from "./inner/index.ts"; g();`,
  });
  expect(found).toEqual(["packages/a/src/inner/index.ts: f", "packages/a/src/b.ts: f"]);
});

test("allows a type along with the signature that names it", () => {
  const found = dead({
    "packages/a/src/index.ts": `export { f } from "./b.ts";`,
    "packages/a/src/b.ts": `export interface Options {} export function f(options: Options): void {}`,
  });
  expect(found).toEqual([]);
});

test("allows what a package offers, what tests import, and all of a namespace", () => {
  const found = dead({
    "packages/a/src/index.ts": `export * from "./b.ts"; export { g as h } from "./c.ts";`,
    "packages/a/src/b.ts": `export const f = 1;`,
    "packages/a/src/c.ts": `export const g = 1;`,
    "packages/a/src/d.ts": `export const tested = 1;`,
    "packages/a/src/e.ts": `export const one = 1; export const two = 2;`,
    "test/a.test.ts": `import { f } from "@berth/a"; import { tested } from "../packages/a/src/d.ts";
      import * as all from "../packages/a/src/e.ts";`,
  });
  expect(found).toEqual([]);
});
