// The engine and the reference, side by side: they get the same commands, and after each of them all that can be seen must be the same.
import { type Command, type Decisions, type DeliverEffect, Engine, noRecords } from "@berth/engine";
import { BrokenLaw } from "../laws/broken-law.ts";
import { canonical, StoredRecords } from "../laws/decisions/stored.ts";
import { Reference } from "../reference/reference.ts";
import type { Chance, Limits, RefLeg } from "../reference/world.ts";
import { startAt } from "../transcript/time.ts";
import { differenceOf } from "./compare.ts";
import { sentence } from "./sentence.ts";

/** A command without what every command has. */
export type Wish = Command extends infer One
  ? One extends Command
    ? Omit<One, "id" | "at" | "random">
    : never
  : never;

/** Small and odd: much happens in a short time, and nothing at the same instant by accident. */
export const limits: Limits = {
  leaseMs: 10_007,
  backoffBaseMs: 1_000,
  backoffMaxMs: 4_000,
  cancelGraceMs: 1_003,
  cancelMarginMs: 1_009,
  unknownEstimateMs: 20_011,
  releaseEveryMs: 211,
  missedAfterMs: 5_000,
};

/** What becomes ready only later may be overlooked, where an equal one was ready at that time. */
function wasAlwaysReady({ attempt, task }: RefLeg): boolean {
  return attempt === 0 && task.notBefore === null && task.plan === null && task.priority === "normal";
}

export class Pair {
  readonly stored: StoredRecords = new StoredRecords();
  readonly reference: Reference;
  /** Every delivery that was ever sent, the latest last. */
  readonly deliveries: DeliverEffect[] = [];
  at: number = startAt;
  #engine: Engine;
  #epoch = 1;
  #commands = 0;
  readonly #log: string[] = [];

  constructor() {
    this.#engine = new Engine({ records: noRecords, epoch: this.#epoch, at: this.at, settings: limits });
    this.reference = new Reference(limits, this.#chance, this.at);
  }

  get nextTimerAt(): number | null {
    return this.#engine.nextTimerAt;
  }

  /** Throws where the two differ. */
  apply(wish: Wish): void {
    this.#commands += 1;
    // Chance of the command itself: any number does, if it is not always the same.
    const random = (this.#commands * 0.618_033_988_75) % 1;
    const command = { id: `c${this.#commands}`, at: this.at, random, ...wish } as Command;
    this.#log.push(sentence(command, startAt));
    this.#try(() => {
      const decisions = this.#engine.apply(command);
      this.stored.write(decisions);
      this.#note(decisions);
      const answer = this.reference.apply(command);
      const view = { engine: this.#engine, stored: this.stored, reference: this.reference };
      const difference = differenceOf(view, command, decisions, answer);
      if (difference !== null) throw new BrokenLaw("the rules", difference);
    });
  }

  /** Another owner takes over: it has what was stored, and nothing else. */
  reload(): void {
    this.#log.push("reload");
    this.#try(() => {
      const records = structuredClone(this.stored.live());
      if (canonical(records) !== canonical(this.#engine.records()))
        throw new BrokenLaw("the rules", "the store differs");
      this.#epoch += 1;
      this.#engine = new Engine({ records, epoch: this.#epoch, at: this.at, settings: limits });
      this.reference.reload(this.at);
    });
    this.apply({ type: "resend" });
  }

  #note({ effects }: Decisions): void {
    for (const effect of effects) if (effect.type === "deliver") this.deliveries.push(effect);
  }

  #try(attempt: () => void): void {
    try {
      attempt();
    } catch (error) {
      const cause =
        (error as Error).cause instanceof Error ? `: ${((error as Error).cause as Error).stack}` : "";
      throw new Error(`${(error as Error).message}${cause}\n${this.#log.join("\n")}`, { cause: error });
    }
  }

  /** What the rules leave open is taken over from the engine, within its bounds. */
  get #chance(): Chance {
    const { stored } = this;
    return {
      readyAt: (leg, earliest, latest) => {
        const at = stored.legs.get(leg)?.readyAt ?? earliest;
        return Math.min(Math.max(at, earliest), latest);
      },
      leader: (leg: RefLeg, candidates: readonly RefLeg[]) => {
        const joined = stored.legs.get(leg.id)?.joined;
        const plain = candidates.find(wasAlwaysReady);
        return candidates.find(({ id }) => id === joined) ?? plain ?? null;
      },
      next: (candidates: readonly RefLeg[]) =>
        candidates.find(({ id }) => stored.legs.get(id)?.state !== "parked"),
    };
  }
}
