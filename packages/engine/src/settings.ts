/** What an owner of a space may set for its engine. All durations in ms, more than 0. */
export interface EngineSettings {
  /** A session that has not been heard of for this long is lost. */
  readonly leaseMs: number;
  /** Back-off after the first failed attempt; it doubles with each further one. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** How long a cancelled script may take to end by itself, where the task does not say. */
  readonly cancelGraceMs: number;
  /** How much longer than the grace the engine waits for the word of the tentacle, before it quarantines the slot. */
  readonly cancelMarginMs: number;
  /** What the duration of a leg is taken for that nobody knows. */
  readonly unknownEstimateMs: number;
  /** How far apart parked legs follow a canary that a new version of the tentacle has processed. */
  readonly releaseEveryMs: number;
  /** A run of a schedule that is later than this has been missed. */
  readonly missedAfterMs: number;
}

export const defaultSettings: EngineSettings = {
  leaseMs: 10_000,
  backoffBaseMs: 1_000,
  backoffMaxMs: 300_000,
  cancelGraceMs: 10_000,
  cancelMarginMs: 10_000,
  unknownEstimateMs: 3_600_000,
  releaseEveryMs: 200,
  missedAfterMs: 60_000,
};

/**
 * When a cron expression comes round next after a time (ms since 1970), in a time zone; `null`: never again. Throws with a
 * message for people where it cannot be read. Must be pure: the same answer for the same question.
 */
export type Calendar = (expression: string, timeZone: string, after: number) => number | null;
