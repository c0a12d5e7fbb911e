const marginMs = 1_000;

/** Somebody who held something was killed while others waited for it. Times in ms since 1970. */
export interface Regrant {
  /** Who, and what was waited for. */
  readonly what: string;
  readonly leaseMs: number;
  readonly killedAt: number;
  /** When it was granted to the next one. */
  readonly grantedAt: number;
  /** Before that moment nobody could know that it was free: the lease ran at least until then. */
  readonly notBefore: number;
}

/** Law 10: it is granted again within lease + 1 s, and not before the lease ended. */
export function untimelyRegrants(regrants: readonly Regrant[]): string[] {
  return regrants.flatMap(({ what, leaseMs, killedAt, grantedAt, notBefore }) => {
    const afterMs = grantedAt - killedAt;
    if (afterMs > leaseMs + marginMs)
      return [`${what}: granted again only ${afterMs} ms after the kill; the lease is ${leaseMs} ms`];
    if (grantedAt < notBefore)
      return [`${what}: granted again ${notBefore - grantedAt} ms before the lease can have ended`];
    return [];
  });
}

export function slowestRegrantMs(regrants: readonly Regrant[]): number {
  return Math.max(0, ...regrants.map(({ grantedAt, killedAt }) => grantedAt - killedAt));
}
