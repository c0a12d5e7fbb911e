import type { Paint, Style } from "./paint.ts";
import { cutTo, oneLine, padTo, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  /** May be cut to fit the terminal: texts for people, never ids. */
  readonly mayShrink?: boolean;
}

const gap = "  ";
const shrunkMin = 8;

/** Aligned columns under their titles. `width` undefined: as wide as need be. An empty cell shows a dash. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number | undefined,
  paint: Paint,
): string[] {
  const texts = rows.map((row) => columns.map((column) => oneLine(column.text(row)) || "-"));
  const widths = fit(widthsOf(columns, texts), columns, width);
  const line = (cells: readonly string[], styleOf: (index: number) => Style | undefined): string =>
    cells
      .map((cell, index) => {
        const cut = cutTo(cell, widths[index] ?? 0);
        const padded = index === cells.length - 1 ? cut : padTo(cut, widths[index] ?? 0);
        return paint(styleOf(index), padded);
      })
      .join(gap);
  return [
    line(
      columns.map(({ title }) => title),
      () => "quiet",
    ),
    ...rows.map((row, number) => line(texts[number] ?? [], (index) => columns[index]?.style?.(row))),
  ];
}

function widthsOf(columns: readonly Column<never>[], texts: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, index) =>
    texts.reduce((widest, cells) => Math.max(widest, widthOf(cells[index] ?? "")), widthOf(title)),
  );
}

/** Takes from the widest of the columns that may shrink, one column of the terminal after the other. */
function fit(
  natural: readonly number[],
  columns: readonly Column<never>[],
  width: number | undefined,
): number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  let excess = widths.reduce((sum, each) => sum + each + gap.length, -gap.length) - width;
  for (; excess > 0; excess -= 1) {
    const shrinkable = widths.map((each, index) => (columns[index]?.mayShrink === true ? each : 0));
    const widest = Math.max(...shrinkable);
    if (widest <= shrunkMin) break;
    widths[shrinkable.indexOf(widest)] = widest - 1;
  }
  return widths;
}

/** Names and values one below the other, the values aligned. Rows without a value are left out. */
export function factLines(facts: readonly (readonly [string, string | undefined])[], paint: Paint): string[] {
  const shown = facts.filter((fact): fact is readonly [string, string] => (fact[1] ?? "") !== "");
  const width = shown.reduce((widest, [name]) => Math.max(widest, widthOf(name)), 0);
  return shown.map(([name, value]) => `${paint("quiet", padTo(name, width))}${gap}${value}`);
}
