import { InvalidArgumentError } from "commander";

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `10m`, `1h30m`, `500ms`, `2d` in whole ms. Throws for anything else, and for nothing (`0s`). */
export function parseDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) throw invalid();
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-z]+)/g)) {
    totalMs += Number(amount) * (unitsMs[unit ?? ""] ?? Number.NaN);
  }
  const wholeMs = Math.round(totalMs);
  if (!Number.isSafeInteger(wholeMs) || wholeMs < 1) throw invalid();
  return wholeMs;
}

function invalid(): InvalidArgumentError {
  return new InvalidArgumentError("Expected a duration like 90s, 10m, 1h30m, 500ms or 2d.");
}
