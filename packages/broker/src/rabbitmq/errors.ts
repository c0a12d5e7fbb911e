import { BrokerError } from "../port.ts";

/** How amqplib tells that the server closed a channel: AMQP's reply code, and the method that it blames. */
interface ChannelClosed extends Error {
  readonly code: number;
  readonly classId?: number;
  readonly methodId?: number;
}

export const accessRefused = 403;
const notFound = 404;
const resourceLocked = 405;
const preconditionFailed = 406;

export function isClosedByServer(error: unknown): error is ChannelClosed {
  return error instanceof Error && "code" in error && typeof error.code === "number";
}

/** A queue whose machine is down, or whose process has crashed, is `NOT_FOUND`, too: but it is there. */
export function saysThereIsNone(error: unknown): boolean {
  return isClosedByServer(error) && error.code === notFound && /no (queue|exchange) '/.test(error.message);
}

/** What became of a request that concerns one queue. */
export function brokerErrorOf(error: unknown, queue: string): unknown {
  if (error instanceof BrokerError || error instanceof TypeError) return error;
  const options = { cause: error };
  if (saysThereIsNone(error)) {
    return new BrokerError("queue_unknown", `There is no queue "${queue}".`, options);
  }
  const code = isClosedByServer(error) ? error.code : 0;
  const said = error instanceof Error ? error.message : String(error);
  if (code === accessRefused) {
    return new BrokerError("access_refused", `The broker refuses access to "${queue}": ${said}`, options);
  }
  if (code === preconditionFailed || code === resourceLocked) {
    return new BrokerError("queue_mismatch", `The queue "${queue}" is another one: ${said}`, options);
  }
  return unreachable(said, error);
}

export function unreachable(why: string, cause?: unknown): BrokerError {
  return new BrokerError("broker_unreachable", `RabbitMQ does not answer: ${why}`, { cause });
}

/** Why no connection could be opened. */
export function connectionErrorOf(error: unknown): BrokerError {
  const said = error instanceof Error ? error.message : String(error);
  // amqplib does not tell what the server said of a virtual host, only that it did not open it.
  if (/ACCESS.REFUSED|Expected ConnectionOpenOk/i.test(said)) {
    return new BrokerError("access_refused", `RabbitMQ refuses the connection: ${said}`, { cause: error });
  }
  return unreachable(said === "" ? "no connection" : said, error);
}
