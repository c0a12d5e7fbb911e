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
}

export const defaultSettings: EngineSettings = {
  leaseMs: 10_000,
  backoffBaseMs: 1_000,
  backoffMaxMs: 300_000,
  cancelGraceMs: 10_000,
  cancelMarginMs: 10_000,
};
