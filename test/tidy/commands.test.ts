import { expect, test } from "vitest";
import { documentedCommands } from "./commands.ts";
import { repositoryFiles, toLines } from "./source.ts";

const manifest = { path: "package.json", text: JSON.stringify({ scripts: { start: "", check: "" } }) };

function objections(path: string, text: string): string[] {
  return documentedCommands([manifest, { path, text }]).map(({ message }) => message);
}

test("the documentation names commands that exist", () => {
  expect(toLines(documentedCommands(repositoryFiles()))).toEqual([]);
});

test("refuses a command that does not exist, with or without flags", () => {
  expect(objections("README.md", "`npm run chekc`")).toHaveLength(1);
  expect(objections("docs/guide/a.md", "npm run -s lint -- --fix\nnpm test")).toHaveLength(2);
});

test("allows the commands that exist, and npm's own", () => {
  expect(objections("README.md", "npm start\nnpm run check\nnpm run --silent check\nnpm ci")).toEqual([]);
});
