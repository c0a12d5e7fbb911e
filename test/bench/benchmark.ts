/** What a benchmark found: rows and lines to read, and the figures that the last line of `--json` carries. */
export interface BenchResult {
  readonly title: string;
  readonly rows: readonly Record<string, string | number>[];
  /** Read after the rows. */
  readonly summary?: readonly string[];
  readonly figures: Record<string, unknown>;
}

export interface BenchOptions {
  readonly targets: number;
  /** In each round. */
  readonly tasks: number;
  readonly rounds: number;
  /** Legs that wait meanwhile. */
  readonly waiting: number;
  /** Added to each way between a process and a server; ms. */
  readonly addedMs: number;
  /** Tasks that are done before the measured ones; `null`: as many as it takes until all that runs is warm. */
  readonly warmUp: number | null;
  /** Systems to measure, by their names; empty: all that can be had here. */
  readonly systems: readonly string[];
  /** Folder for profiles of what the processes do with their CPU; `null`: none are made, as they cost time. */
  readonly profiles: string | null;
  readonly seed: number;
}

export interface Benchmark {
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
  readonly defaults: Pick<BenchOptions, "targets" | "tasks" | "rounds" | "waiting"> & Partial<BenchOptions>;
}
