// Times of a transcript: durations as people write them, and moments as durations since its start.

/** When every transcript begins, in ms since 1970. Nothing depends on which moment it is. */
export const startAt = 1_900_000_000_000;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `250ms`, `1.5s`, `5min`, `2h`, `1d`. */
export function durationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit ?? ""] ?? Number.NaN);
  if (!Number.isInteger(ms)) throw new Error(`"${text}" is no duration like 250ms, 1.5s, 5min, 2h or 1d`);
  return ms;
}

/** `+5s`: five seconds after the start of the transcript. */
export function momentAt(text: string): number {
  if (!text.startsWith("+")) throw new Error(`"${text}" is no moment like +5s`);
  return startAt + durationMs(text.slice(1));
}

export function durationText(ms: number): string {
  const unit = ["d", "h", "min"].find((each) => ms > 0 && ms % (unitMs[each] as number) === 0);
  if (unit !== undefined) return `${ms / (unitMs[unit] as number)}${unit}`;
  return ms > 0 && ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}

export function momentText(at: number): string {
  return at < startAt ? `-${durationText(startAt - at)}` : `+${durationText(at - startAt)}`;
}

/** The task of a schedule is named after the time of its run: `nightly:+1h` in a transcript. */
export function withRunIds(line: string): string {
  return line.replace(
    /:(\+\d+(?:\.\d+)?(?:ms|s|min|h|d))\b/g,
    (_all, moment: string) => `:${momentAt(moment)}`,
  );
}

export function withShortRunIds(line: string): string {
  return line.replace(/:(\d{13})\b/g, (_all, at: string) => `:${momentText(Number(at))}`);
}
