import { describe, expect, test } from "vitest";
import { paintFor, styleOfState } from "../../packages/cli/src/print/paint.ts";
import { type Column, tableLines } from "../../packages/cli/src/print/table.ts";
import { cutTo, oneLine, widthOf } from "../../packages/cli/src/print/text.ts";
import { durationText, relativeText } from "../../packages/cli/src/print/time-text.ts";
import { agoText, now } from "../support/views.ts";

interface Row {
  readonly id: string;
  readonly name: string;
}

const plain = (_style: unknown, text: string): string => text;
const columns: readonly Column<Row>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "NAME", text: ({ name }) => name, mayShrink: true },
  { title: "AGAIN", text: ({ id }) => id },
];

describe("a table", () => {
  test("aligns its columns under their titles and shows a dash for nothing", () => {
    const rows = [
      { id: "t-1", name: "shop" },
      { id: "t-200", name: "" },
    ];
    expect(tableLines(rows, columns, undefined, plain)).toEqual([
      "ID     NAME  AGAIN",
      "t-1    shop  t-1",
      "t-200  -     t-200",
    ]);
  });

  test("fits the terminal by cutting texts and never ids", () => {
    const rows = [{ id: "t-0123456789", name: "a name that is much too long for this terminal" }];
    const lines = tableLines(rows, columns, 40, plain);
    expect(lines).toEqual(["ID            NAME          AGAIN", "t-0123456789  a name that…  t-0123456789"]);
    expect(tableLines(rows, columns, 10, plain)[1]).toBe("t-0123456789  a name …  t-0123456789");
  });

  test("is aligned also where letters are two columns wide or made of several code points", () => {
    const rows = [
      { id: "a", name: "船渠" },
      { id: "b", name: "ship" },
      { id: "c", name: "👩‍🚀 é" },
    ];
    expect(tableLines(rows, columns, undefined, plain).slice(1)).toEqual([
      "a   船渠  a",
      "b   ship  b",
      "c   👩‍🚀 é  c",
    ]);
  });

  test("is not rewritten by a name that holds orders for the terminal", () => {
    const rows = [{ id: "t-1", name: "\u001b[2Jgone\r\nnext\u202etxen\u0007" }];
    expect(tableLines(rows, columns, undefined, plain)[1]).toBe("t-1  gone next txen  t-1");
  });
});

describe("texts", () => {
  test("are cut between letters, not inside of them", () => {
    expect(cutTo("船渠船渠", 5)).toBe("船渠…");
    expect(cutTo("👩‍🚀👩‍🚀👩‍🚀", 5)).toBe("👩‍🚀👩‍🚀…");
    expect(cutTo("short", 5)).toBe("short");
    expect(widthOf("船a")).toBe(3);
    expect(oneLine("  two\n\tlines ")).toBe("two lines");
  });
});

describe("times", () => {
  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [200_000, "3 min 20 s"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [90_000_000, "1 d 1 h"],
  ])("%d ms last %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test.each([
    [0, "just now"],
    [-1500, "just now"],
    [45_000, "45 s ago"],
    [200_000, "3 min ago"],
    [-7_200_000, "in 2 h"],
    [-7_199_000, "in 2 h"],
    [-59_900, "in 1 min"],
    [7_199_000, "1 h ago"],
    [100_000_000, "27 h ago"],
    [400_000_000, "4 d ago"],
  ])("%d ms before are %s", (ms, text) => {
    expect(relativeText(agoText(ms), now)).toBe(text);
  });
});

describe("colours", () => {
  const terminal = { write: () => {}, isTTY: true };
  const red = "\u001b[31mfailed\u001b[39m";
  const painted = (output: { write(): void; isTTY?: boolean }, color = true, noColorVariable = "") =>
    paintFor(output, { color, noColorVariable })(styleOfState("failed"), "failed");

  test("are used on a terminal only", () => {
    expect(painted(terminal)).toBe(red);
    expect(painted({ write: () => {} })).toBe("failed");
  });

  test("are not used when they are not wanted", () => {
    expect(painted(terminal, false)).toBe("failed");
    expect(painted(terminal, true, "1")).toBe("failed");
    expect(painted(terminal, true, "")).toBe(red);
  });
});
