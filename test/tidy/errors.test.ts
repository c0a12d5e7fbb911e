import { expect, test } from "vitest";
import { errorCatalogue } from "./errors.ts";
import { repositoryFiles, toLines } from "./source.ts";

const catalogue = {
  path: "packages/protocol/src/errors.ts",
  text: `export const catalogue = { task_unknown: { status: 404 }, "hold-unknown": {} } as const satisfies Record<string, E>;`,
};

function objections(page: string): string[] {
  return errorCatalogue([catalogue, { path: "docs/errors.md", text: page }]).map(({ message }) => message);
}

test("the catalogue of errors and its page agree", () => {
  expect(toLines(errorCatalogue(repositoryFiles()))).toEqual([]);
});

test("refuses a code without a heading, and a heading without a code", () => {
  const found = objections("# Errors\n\n## task_unknown\n\ntext\n\n## task_lost\n");
  expect(found).toEqual([`has no heading "## hold-unknown"`, "task_lost is not in the catalogue"]);
});

test("allows a page with a heading for each code, in code type or not", () => {
  expect(objections("## `task_unknown`\n## hold-unknown\n")).toEqual([]);
});

test("fails when there is no page, no catalogue or one whose codes cannot be read", () => {
  expect(errorCatalogue([catalogue])).toHaveLength(2);
  expect(errorCatalogue([])).toHaveLength(1);
  expect(errorCatalogue([{ ...catalogue, text: "export const catalogue = { ...others };" }])).toHaveLength(1);
});
