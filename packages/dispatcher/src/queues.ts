import type { Broker, Consumer, MessageHandler } from "@berth/broker";
import type { Topology } from "@berth/protocol";

/** The queues of one space. Only the owner of the space declares them; tentacles need not be allowed to. */
export class Queues {
  readonly refused: string;
  readonly #inbox: string;
  readonly #broker: Broker;
  readonly #topology: Topology;
  readonly #space: string;

  constructor(broker: Broker, topology: Topology, space: string) {
    this.#broker = broker;
    this.#topology = topology;
    this.#space = space;
    this.#inbox = topology.inbox(space);
    this.refused = topology.refused(space);
  }

  /** Of sessions that are open, or are told why they are not: a tentacle may not declare any. */
  async declareSessions(sessions: readonly string[]): Promise<void> {
    const options = { lifetime: "session", deadLetterQueue: null } as const;
    await Promise.all(
      sessions.map((session) =>
        this.#broker.declareQueue(this.#topology.session(this.#space, session), options),
      ),
    );
  }

  async removeSession(session: string): Promise<void> {
    await this.#broker.deleteQueue(this.#topology.session(this.#space, session));
  }

  /** The queues of the space itself and of the given targets. */
  async declare(targets: readonly string[]): Promise<void> {
    // Until it is committed, what a client or a tentacle sent is nowhere else; nor is what nobody could read.
    const plain = { lifetime: "durable", deadLetterQueue: null, content: "record" } as const;
    const own = [
      // A former owner that stands still must not sit on half of what comes in.
      this.#broker.declareQueue(this.#inbox, { ...plain, singleActiveConsumer: true, open: true }),
      this.#broker.declareQueue(this.refused, plain),
    ];
    const options = { lifetime: "durable", deadLetterQueue: this.refused } as const;
    const theirs = targets.map((target) =>
      this.#broker.declareQueue(this.#topology.target(this.#space, target), options),
    );
    await Promise.all([...own, ...theirs]);
  }

  async remove(target: string): Promise<void> {
    await this.#broker.deleteQueue(this.#topology.target(this.#space, target));
  }

  /** `keep` gets each consumer as soon as there is one, so that none is forgotten where a later one fails. */
  async consume(
    prefetch: number,
    handler: MessageHandler,
    keep: (consumer: Consumer) => void,
  ): Promise<void> {
    keep(await this.#broker.consume(this.#inbox, { prefetch }, handler));
    keep(await this.#broker.consume(this.refused, { prefetch: refusedPrefetch }, handler));
  }
}

/** Messages that nobody can read should be rare, and may be large. */
const refusedPrefetch = 10;
