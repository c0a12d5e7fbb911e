import { expect, test } from "vitest";
import { fileLength } from "./length.ts";
import { repositoryFiles, toLines } from "./source.ts";

const line = "export {};\n";

test("a long file says why it is long", () => {
  expect(toLines(fileLength(repositoryFiles()))).toEqual([]);
});

test("refuses the 401st line, and a reason that says nothing", () => {
  expect(fileLength([{ path: "a.ts", text: line.repeat(400) }])).toEqual([]);
  expect(fileLength([{ path: "a.ts", text: line.repeat(401) }])).toHaveLength(1);
  expect(fileLength([{ path: "a.ts", text: `// long:\n${line.repeat(401)}` }])).toHaveLength(1);
});

test("allows a long file with a reason", () => {
  expect(fileLength([{ path: "a.ts", text: `// long: a table of states\n${line.repeat(401)}` }])).toEqual([]);
});
