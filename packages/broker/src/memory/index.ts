import type { Broker } from "../port.ts";
import { MemoryConnection } from "./connection.ts";
import { MemoryServer } from "./server.ts";

/** Queues inside this process, for whoever connects to them. What waits in them is lost with the process. */
export interface MemoryBroker {
  /** A connection of its own, not started. Stopping it leaves the others alone. */
  connect(options?: MemoryConnectionOptions): Broker;
}

export interface MemoryBrokerOptions {
  /** A handler threw, which it must not. The message went to the dead letters. By default the process warns. */
  readonly onHandlerError?: (error: unknown, queue: string) => void;
}

export interface MemoryConnectionOptions {
  /** Whose connection it is: the broker vouches for it. Without, it vouches for nobody. */
  readonly userId?: string;
}

export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const server = new MemoryServer();
  const onHandlerError = options.onHandlerError ?? warnOfHandlerError;
  return {
    connect: (connection = {}) =>
      new MemoryConnection({ server, userId: connection.userId ?? null, onHandlerError }),
  };
}

function warnOfHandlerError(error: unknown, queue: string): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`A message handler of the queue "${queue}" threw.`, {
    code: "BERTH_HANDLER_ERROR",
    detail,
  });
}
