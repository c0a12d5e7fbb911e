import { readFile } from "node:fs/promises";

/** One run of a script, as the script itself wrote it down: independent of what Berth believes. Times in ms. */
export interface Run {
  readonly task: string;
  readonly startedAt: number;
  /** `null`: it never came to its end. */
  readonly endedAt: number | null;
}

/** A file in which the scripts of the demo write when they start and end. */
export class Evidence {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** A script that notes its start, does something, and notes its end. */
  script(work: string): string {
    return [this.#note("start"), work, this.#note("end")].join("\n");
  }

  #note(what: string): string {
    return `echo "${what} $BERTH_TASK $BERTH_TOKEN $(date +%s%3N)" >> '${this.#file}'`;
  }

  /** All runs so far, in the order in which they started. */
  async runs(): Promise<Run[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    const runs = new Map<string, { task: string; startedAt: number; endedAt: number | null }>();
    for (const line of text.split("\n")) {
      const [what, task = "", token = "", time] = line.split(" ");
      if (what === "start") runs.set(token, { task, startedAt: Number(time), endedAt: null });
      const run = runs.get(token);
      if (what === "end" && run !== undefined) run.endedAt = Number(time);
    }
    return [...runs.values()].sort((one, other) => one.startedAt - other.startedAt);
  }

  async runsOf(task: string): Promise<Run[]> {
    return (await this.runs()).filter((run) => run.task === task);
  }
}

/** How many of these runs began before another one of them had ended. */
export function overlapCount(runs: readonly Run[]): number {
  let count = 0;
  let busyUntil = Number.NEGATIVE_INFINITY;
  for (const run of runs) {
    if (run.startedAt < busyUntil) count += 1;
    busyUntil = Math.max(busyUntil, run.endedAt ?? Number.POSITIVE_INFINITY);
  }
  return count;
}
