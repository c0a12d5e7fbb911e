/** What has to be done on the machines themselves. */
export interface Site {
  /** Starts a tentacle for another target. */
  addMachine(target: string): Promise<void>;
  /** Puts the tool there that the crashing jobs miss, and starts the tentacle anew with another version. */
  upgradeTentacle(): Promise<void>;
  /** Where a script can see whether the tool is there. */
  readonly tool: string;
}

/** A site with a Berth of its own, from its start to its end. */
export interface RunningSite extends Site {
  /** Resolves when the tentacle of the usual target takes tasks. */
  start(): Promise<void>;
  /** Where its API is, once it runs. */
  readonly url: string;
  /** How it is made, for people. */
  readonly description: string;
  /** Leaves nothing behind, also where it was still starting. Idempotent. */
  stop(): Promise<void>;
}
