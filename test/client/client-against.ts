import { BerthClient, type BerthClientOptions } from "@berth/client";

/** A client that does not wait between attempts, and the waits that it would have made, in ms. */
export function clientAgainst(
  url: string,
  options: Partial<BerthClientOptions> = {},
): { client: BerthClient; waits: number[] } {
  const waits: number[] = [];
  const wait = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  return { client: new BerthClient({ url, wait, ...options }), waits };
}
