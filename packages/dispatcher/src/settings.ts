import type { EngineSettings } from "@berth/engine";

export interface DispatcherSettings {
  /**
   * Users of the broker that are the server's own, and may send anything: first the one whose connection the dispatcher
   * has. All others may only say what a tentacle says of its own targets. `null`: the broker vouches for nobody, and
   * whoever reaches it is trusted.
   */
  readonly serverUsers: readonly string[] | null;
  /** Rules of the engine: leases of sessions, back-off, graces. */
  readonly engine: Partial<EngineSettings>;
  /** How long the dispatcher owns its space without renewing; ms. */
  readonly ownerLeaseMs: number;
  /** Messages of the inbox that it holds at a time; bounds its memory and the size of a batch. */
  readonly inboxPrefetch: number;
  /** The most messages in one batch. Each may bring many items, and a batch is decided in one go. */
  readonly batchMessagesMax: number;
  /**
   * Payloads of live tasks that are kept in memory, so that they need not be read again to be delivered, and are not
   * lost with a store that loses everything; bytes.
   */
  readonly payloadCacheBytes: number;
  /** What was committed last is kept in memory, in case the store goes backwards and loses it; bytes, roughly. */
  readonly recentCommitBytes: number;
  /** How long it waits before it tries again: to go on after a failure, to reach the store; ms. */
  readonly retryMs: number;
  /** How often it looks whether its space is free while somebody else owns it, one question to the store each; about, ms. */
  readonly waitMs: number;
  readonly retention: RetentionSettings;
}

export interface RetentionSettings {
  /** Ended tasks and OOPS are deleted when they are older than this; ms. */
  readonly keepMs: number;
  /** The oldest ended tasks are deleted when there are more. */
  readonly endedTasksMax: number;
  /** How often it is looked for what is to be deleted; ms. */
  readonly everyMs: number;
}

const dayMs = 86_400_000;

export const defaultDispatcherSettings: DispatcherSettings = {
  serverUsers: null,
  engine: {},
  ownerLeaseMs: 10_000,
  inboxPrefetch: 300,
  batchMessagesMax: 100,
  payloadCacheBytes: 64 * 1024 * 1024,
  recentCommitBytes: 64 * 1024 * 1024,
  retryMs: 1_000,
  waitMs: 200,
  retention: { keepMs: 30 * dayMs, endedTasksMax: 1_000_000, everyMs: 60_000 },
};

/** Whom the dispatcher names as the sender of what it sends itself; `null`: the broker vouches for nobody. */
export function ownUser({ serverUsers }: Pick<DispatcherSettings, "serverUsers">): string | null {
  if (serverUsers === null) return null;
  const [own] = serverUsers;
  if (own === undefined)
    throw new TypeError("serverUsers is empty: expected the user of the own connection first");
  return own;
}
