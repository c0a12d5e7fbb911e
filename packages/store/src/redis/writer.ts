import { StoreError } from "../port.ts";
import { type Answer, readAnswer, UnexpectedAnswer } from "./answer.ts";
import { type Argument, Connection, type Wait } from "./connection.ts";
import type { Fitness } from "./fitness.ts";
import type { Keys } from "./keys.ts";
import { Lines } from "./lines.ts";
import type { Settings } from "./options.ts";
import type { ScriptName } from "./script.ts";

/**
 * Runs the scripts that write, those of one space one after the other: one that Redis did not know and is sent again must
 * not be overtaken by the next. A wait for the disk or for replicas stops the connection it is made on, so then each
 * space has its own.
 */
export class Writer {
  readonly lines: Lines = new Lines();
  readonly #settings: Settings;
  readonly #keys: Keys;
  readonly #fitness: Fitness;
  readonly #connections = new Map<string, Connection>();

  constructor(settings: Settings, keys: Keys, fitness: Fitness) {
    this.#settings = settings;
    this.#keys = keys;
    this.#fitness = fitness;
  }

  connection(space: string): Connection {
    const name = this.#settings.durability.type === "memory" ? "" : space;
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      const { address, timeoutMs, logger } = this.#settings;
      connection = new Connection(address, timeoutMs, logger);
      this.#connections.set(name, connection);
    }
    return connection;
  }

  async close(): Promise<void> {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(connections.map((connection) => connection.close()));
  }

  /** What is sealed has to be carried out first, whoever sealed it. */
  run(name: ScriptName, space: string, args: readonly Argument[]): Promise<Answer> {
    return this.lines.add(space, () =>
      this.#unsealed(space, async () => {
        const answer = await this.connection(space).run(name, this.#keys.tag(space), args);
        return readAnswer(name, answer);
      }),
    );
  }

  /** Resolves when what the script wrote is durable, if `mustBeDurable` says so of its answer. */
  runDurably(
    name: ScriptName,
    space: string,
    args: readonly Argument[],
    mustBeDurable: (type: string, values: readonly string[]) => boolean,
  ): Promise<Answer> {
    const wait = this.#wait();
    if (wait === null) return this.run(name, space, args);
    return this.lines.add(space, () =>
      this.#unsealed(space, async () => {
        const connection = this.connection(space);
        const [result, waited] = await connection.runAndWait(name, this.#keys.tag(space), args, wait);
        const answer = readAnswer(name, result);
        if (mustBeDurable(answer.type, answer.values)) this.#expectDurable(waited);
        return answer;
      }),
    );
  }

  /** In the line of the space already. */
  async #unsealed(space: string, ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#fitness.defect !== null) throw this.#fitness.defect;
    for (;;) {
      const answer = await ask();
      if (answer.type !== "sealed") return answer;
      await this.#carryOut(space);
    }
  }

  /** Carries out what is sealed, each step short. Idempotent, also where several do it. */
  carryOut(space: string): Promise<void> {
    return this.lines.add(space, () => this.#carryOut(space));
  }

  async #carryOut(space: string): Promise<void> {
    const connection = this.connection(space);
    let step: Answer;
    do step = readAnswer("carry", await connection.run("carry", this.#keys.tag(space), []));
    while (step.type === "more");
  }

  #wait(): Wait | null {
    const { durability, timeoutMs } = this.#settings;
    // The server's own limit comes before that of the connection, so that the answer says what was reached.
    const limitMs = Math.max(1, Math.floor(timeoutMs * 0.8));
    switch (durability.type) {
      case "memory":
        return null;
      case "fsync":
        return this.#fitness.writesThrough ? null : ["waitaof", 1, 0, limitMs];
      case "replicated":
        return ["wait", durability.replicas, limitMs];
    }
  }

  #expectDurable(waited: unknown): void {
    const { durability } = this.#settings;
    if (durability.type === "replicated") {
      const reached = Number(waited);
      if (reached >= durability.replicas) return;
      const message = `written, but ${reached} of ${durability.replicas} replicas have it; the same again tells`;
      throw new StoreError("store_unreachable", message);
    }
    if (!Array.isArray(waited)) throw new UnexpectedAnswer("WAITAOF", waited);
    if (Number(waited[0]) >= 1) return;
    throw new StoreError("store_unreachable", "written, but not on the disk yet; the same again tells");
  }
}
