import type { ChannelModel } from "amqplib";
import type { LinkUser } from "./link.ts";
import type { RabbitmqLogger } from "./options.ts";

/** Tells when a broken connection is whole again: all links are up, and whoever uses them has made use of that. */
export class Recovery {
  readonly #logger: RabbitmqLogger;
  readonly #listeners: Set<() => void> = new Set();
  readonly #down: Set<LinkUser> = new Set();
  #wasBroken = false;

  constructor(logger: RabbitmqLogger) {
    this.#logger = logger;
  }

  listen(listener: () => void): () => void {
    // Wrapped, since the same function may listen twice.
    const called = (): void => listener();
    this.#listeners.add(called);
    return () => this.#listeners.delete(called);
  }

  /** The same user, watched. */
  watched(user: LinkUser): LinkUser {
    this.#down.add(user);
    return {
      linkUp: async (model: ChannelModel) => {
        await user.linkUp(model);
        this.#down.delete(user);
        this.#tellIfWhole();
      },
      linkDown: () => {
        this.#wasBroken = true;
        this.#down.add(user);
        user.linkDown();
      },
      linkBlocked: (isBlocked) => user.linkBlocked(isBlocked),
    };
  }

  #tellIfWhole(): void {
    if (!this.#wasBroken || this.#down.size > 0) return;
    this.#wasBroken = false;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#logger.error({ err: error }, "a listener for lost messages threw");
      }
    }
  }
}
