import { setTimeout } from "node:timers/promises";
import { type ChannelModel, connect } from "amqplib";
import { writeInBursts } from "./bursts.ts";
import { settledWithin } from "./deadline.ts";
import { connectionErrorOf, unreachable } from "./errors.ts";
import type { RabbitmqLogger } from "./options.ts";
import { reconnectDelayMs } from "./patience.ts";

interface LinkSetup {
  readonly url: string;
  /** What it is called in RabbitMQ's own tools. */
  readonly name: string;
  readonly logger: RabbitmqLogger;
}

/** Who uses the link. */
export interface LinkUser {
  /** There is a new connection. Whatever was on the one before is gone. */
  linkUp(model: ChannelModel): Promise<void>;
  linkDown(): void;
  /** The broker takes no messages: it is short of memory or disk. */
  linkBlocked(isBlocked: boolean): void;
}

const connectTimeoutMs = 10_000;

/** One connection to RabbitMQ, made anew whenever it breaks. */
export class Link {
  readonly #setup: LinkSetup;
  readonly #user: LinkUser;
  /** Ends what is done to get a connection. */
  #ending = new AbortController();
  #model: ChannelModel | null = null;
  /** What follows on a new connection, or the attempts to get one. */
  #work: Promise<void> = Promise.resolve();

  constructor(setup: LinkSetup, user: LinkUser) {
    this.#setup = setup;
    this.#user = user;
  }

  /** The connection; `null` while there is none. */
  get model(): ChannelModel | null {
    return this.#model;
  }

  /** Resolves when it can be used. The first connection is tried once: whoever starts knows best how long to wait. */
  async open(): Promise<void> {
    const model = await this.#connect(this.#ending.signal);
    await this.#welcome(model);
    if (this.#model !== model) throw unreachable("the connection ended at once");
  }

  /** Back to where it was before `open`. */
  async drop(): Promise<void> {
    this.#ending.abort();
    this.#ending = new AbortController();
    const model = this.#model;
    this.#model = null;
    if (model === null) return;
    this.#user.linkDown();
    await model.close().catch(() => {});
  }

  /** Whoever uses the link has closed his channels. */
  async close(deadlineMs: number): Promise<void> {
    this.#ending.abort();
    const model = this.#model;
    this.#model = null;
    if (model !== null && !(await settledWithin(closed(model), deadlineMs))) destroyStream(model);
    await settledWithin(this.#work, deadlineMs);
  }

  async #connect(signal: AbortSignal): Promise<ChannelModel> {
    const { url, name } = this.#setup;
    const model = await connect(url, {
      noDelay: true,
      keepAlive: true,
      timeout: connectTimeoutMs,
      clientProperties: { connection_name: name },
    }).catch((error: unknown) => {
      throw connectionErrorOf(error);
    });
    if (signal.aborted) {
      model.on("error", () => {});
      await model.close().catch(() => {});
      throw unreachable("the connection is stopped");
    }
    return model;
  }

  #welcome(model: ChannelModel): Promise<void> {
    const { logger, name } = this.#setup;
    this.#model = model;
    writeInBursts(model);
    // Without a listener an error would end the process. What it means is told by the close that follows.
    model.on("error", (error) => logger.warn({ err: error, connection: name }, "the connection failed"));
    model.on("close", () => this.#lost(model));
    model.on("blocked", (reason) => {
      logger.warn({ connection: name, reason }, "RabbitMQ takes no messages: it is short of memory or disk");
      this.#user.linkBlocked(true);
    });
    model.on("unblocked", () => {
      logger.info({ connection: name }, "RabbitMQ takes messages again");
      this.#user.linkBlocked(false);
    });
    const used = this.#user.linkUp(model);
    this.#work = used.catch(() => {});
    return used;
  }

  #lost(model: ChannelModel): void {
    if (this.#model !== model) return;
    this.#model = null;
    this.#user.linkDown();
    this.#work = this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { logger, name } = this.#setup;
    const { signal } = this.#ending;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const delayMs = reconnectDelayMs(attempt);
      await setTimeout(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        const model = await this.#connect(signal);
        logger.info({ connection: name, attempt }, "connected to RabbitMQ again");
        this.#welcome(model).catch((error: unknown) => {
          if (this.#model !== model) return;
          logger.warn(
            { err: error, connection: name },
            "the new connection is of no use; the next one may be",
          );
          model.close().catch(() => {});
        });
        return;
      } catch (error) {
        if (!signal.aborted)
          logger.warn({ err: error, connection: name, attempt }, "no connection to RabbitMQ");
      }
    }
  }
}

/** Also where it is closed already. */
async function closed(model: ChannelModel): Promise<void> {
  await model.close();
}

/** A server that does not answer its closing would keep the process alive. */
function destroyStream(model: ChannelModel): void {
  const { stream } = model.connection as { readonly stream?: { destroy?(): void } };
  stream?.destroy?.();
}
