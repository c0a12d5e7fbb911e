import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

function linesOf(chunks: readonly (Buffer | "flush" | "stale")[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) {
    if (chunk === "flush") splitter.flush();
    else if (chunk === "stale") splitter.flushStale();
    else splitter.write(chunk);
  }
  splitter.end();
  return lines;
}

const text = "é€🙂 one\r\n\ntwo\r three\n€";

test("the lines are the same wherever the chunks are cut", () => {
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(linesOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([
      "é€🙂 one",
      "",
      "two\r three",
      "€",
    ]);
  }
  expect(linesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
    "é€🙂 one",
    "",
    "two\r three",
    "€",
  ]);
});

test("a cut character at the very end becomes a replacement character", () => {
  expect(linesOf([Buffer.from("a€").subarray(0, 3)])).toEqual(["a\ufffd"]);
});

test("a line that was begun is ended by its line end, not followed by an empty one", () => {
  expect(linesOf([Buffer.from("Sure? "), "flush", Buffer.from("\nyes\n")])).toEqual(["Sure? ", "yes"]);
  expect(linesOf([Buffer.from("Sure? "), "flush", Buffer.from("yes\n\nno")])).toEqual([
    "Sure? ",
    "yes",
    "",
    "no",
  ]);
});

test("only what has waited since the last look is stale", () => {
  expect(
    linesOf([
      Buffer.from("a"),
      "stale",
      Buffer.from("b\nc"),
      "stale",
      Buffer.from("d"),
      "stale",
      Buffer.from("e"),
    ]),
  ).toEqual(["ab", "cd", "e"]);
});

test("a line that is too long becomes several, and no character is torn", () => {
  const long = `${"x".repeat(65_535)}🙂${"y".repeat(70_000)}`;
  const lines = linesOf([Buffer.from(`${long}\nend\n`)]);
  expect(lines.map((line) => line.length)).toEqual([65_535, 65_536, 4466, 3]);
  expect(lines.slice(0, 3).join("")).toBe(long);
});
