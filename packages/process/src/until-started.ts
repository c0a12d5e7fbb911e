import { setTimeout } from "node:timers/promises";
import { BrokerError } from "@berth/broker";
import { StoreError } from "@berth/store";
import type { Logger } from "pino";

export interface Server {
  start(): Promise<void>;
}

const pauseMs = 500;
const tellEveryMs = 30_000;

/**
 * Starts the connection to a server, which may not be there yet: machines start in any order. Says so at once, and then
 * now and again. Resolves also when the signal is aborted. Rejects with what no waiting mends.
 */
export async function untilStarted(
  name: string,
  server: Server,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const begunMs = performance.now();
  let toldMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      await server.start();
      if (toldMs > begunMs) logger.info(`${name} is there`);
      return;
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (performance.now() - toldMs >= tellEveryMs) {
        toldMs = performance.now();
        logger.warn({ err: error, waitedMs: Math.round(toldMs - begunMs) }, `waits for ${name}`);
      }
      await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === "store_unreachable";
  return (
    error instanceof BrokerError && (error.code === "broker_unreachable" || error.code === "outcome_unknown")
  );
}
