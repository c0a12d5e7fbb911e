// A space to which anything may happen: an engine, the laws, and what the tentacles have seen, stale or not.
import { type Command, type Decisions, type DeliverEffect, Engine, noRecords } from "@berth/engine";
import { LawBook } from "../laws/decisions/check.ts";
import type { StoredRecords } from "../laws/decisions/stored.ts";
import { startAt } from "../transcript/time.ts";

/** A command without what every command has. */
export type Wish = Command extends infer One
  ? One extends Command
    ? Omit<One, "id" | "at" | "random">
    : never
  : never;

export class RandomSpace {
  readonly #laws = new LawBook();
  /** What happened, for whoever reads a failure. */
  readonly #log: string[] = [];
  #engine: Engine;
  #epoch = 1;
  #commands = 0;
  at: number = startAt;
  /** Every delivery that was ever sent, the latest last. */
  readonly deliveries: DeliverEffect[] = [];

  constructor() {
    this.#engine = new Engine({ records: noRecords, epoch: this.#epoch, at: this.at });
  }

  get stored(): StoredRecords {
    return this.#laws.stored;
  }

  get nextTimerAt(): number | null {
    return this.#engine.nextTimerAt;
  }

  apply(wish: Wish): Decisions {
    this.#commands += 1;
    // Chance of the command itself: any number does, if it is not always the same.
    const random = (this.#commands * 0.618_033_988_75) % 1;
    const command = { id: `c${this.#commands}`, at: this.at, random, ...wish } as Command;
    this.#log.push(`+${this.at - startAt} ${JSON.stringify(wish)}`);
    try {
      const decisions = this.#engine.apply(command);
      for (const effect of decisions.effects) if (effect.type === "deliver") this.deliveries.push(effect);
      this.#laws.check(command, decisions, this.#engine);
      return decisions;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.#log.join("\n")}`, { cause: error });
    }
  }

  /** Another owner takes over. */
  reload(): void {
    this.#epoch += 1;
    const records = structuredClone(this.stored.live());
    this.#engine = new Engine({ records, epoch: this.#epoch, at: this.at });
    this.apply({ type: "resend" });
  }
}
