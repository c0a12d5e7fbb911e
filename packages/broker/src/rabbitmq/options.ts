/** The part of a logger such as pino's that is needed here. */
export interface RabbitmqLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RabbitmqBrokerOptions {
  /** `amqp://` or `amqps://`. Its user is the one that the broker vouches for. A `heartbeat` in its query is kept. */
  readonly url: string;
  /** What the connections are called in RabbitMQ's own tools. */
  readonly connectionName?: string;
  /**
   * For a user who may write to the exchanges of open queues and read his own queues, and nothing else: sends to the
   * exchange that has the queue's name, always as its user; looks for queues instead of declaring them; deletes none. Has
   * one connection for all, where others have one for sending, so that a broker that stops senders hears of acks all the same.
   */
  readonly restricted?: boolean;
  /** Of durable queues of copies. `quorum` outlives a machine of the cluster, at a quarter of the speed. Default `classic`. */
  readonly queueType?: "classic" | "quorum";
  /** After so long without a confirm it is unknown whether the broker has a message. Also the patience for other answers. */
  readonly confirmTimeoutMs?: number;
  /** What is sent and not confirmed yet may take so much memory; past it `publish` rejects with `broker_unreachable`. */
  readonly bufferedBytesMax?: number;
  /** For how long a session queue may have no consumer. All who declare the same queue need the same figure. */
  readonly sessionQueueMs?: number;
  readonly logger?: RabbitmqLogger;
  /** A handler threw, which it must not. The message went to the dead letters. By default it is logged as an error. */
  readonly onHandlerError?: (error: unknown, queue: string) => void;
}

export interface Settings {
  readonly url: string;
  readonly user: string;
  readonly connectionName: string;
  readonly restricted: boolean;
  readonly queueType: "classic" | "quorum";
  readonly confirmTimeoutMs: number;
  readonly bufferedBytesMax: number;
  readonly sessionQueueMs: number;
  readonly logger: RabbitmqLogger;
  readonly onHandlerError: (error: unknown, queue: string) => void;
}

const silent: RabbitmqLogger = { info: () => {}, warn: () => {}, error: () => {} };
/** Seconds. Half of it without any frame, twice: a broken connection is noticed within half a minute. */
const heartbeat = "10";

export function settingsOf(options: RabbitmqBrokerOptions): Settings {
  const url = new URL(options.url);
  if (!url.searchParams.has("heartbeat")) url.searchParams.set("heartbeat", heartbeat);
  const logger = options.logger ?? silent;
  return {
    url: url.href,
    user: url.username === "" && url.password === "" ? "guest" : decodeURIComponent(url.username),
    connectionName: options.connectionName ?? "berth",
    restricted: options.restricted ?? false,
    queueType: options.queueType ?? "classic",
    confirmTimeoutMs: options.confirmTimeoutMs ?? 30_000,
    bufferedBytesMax: options.bufferedBytesMax ?? 128 * 1024 * 1024,
    sessionQueueMs: options.sessionQueueMs ?? 60_000,
    logger,
    onHandlerError:
      options.onHandlerError ??
      ((error, queue) => logger.error({ err: error, queue }, "a message handler threw")),
  };
}
