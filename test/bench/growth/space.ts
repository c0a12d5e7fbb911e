import process from "node:process";
import { type AttemptReport, type Command, Engine, noRecords } from "@berth/engine";
import { collectGarbage } from "../engine/live-heap.ts";
import { asStored } from "../engine/stored-records.ts";
import { type Holder, Holders } from "./holders.ts";
import { type Shape, type TaskWish, Wishes } from "./shape.ts";

const targetsPerBatch = 300;
const legsPerBatch = 100;

/** What is the same for every task, but for its kind, its targets and its plan. */
const common = {
  name: "release-of-the-shop",
  mutex: "script",
  priority: "normal",
  variables: {},
  digest: "",
  notBefore: null,
  queueExpiresAt: null,
  timeoutMs: null,
  estimateMs: null,
  cancelGraceMs: null,
} as const;

/** What it cost to enqueue so many legs, and to end as many others. */
export interface LegsCost {
  readonly legs: number;
  /** In the engine alone. */
  readonly cpuSeconds: number;
}

/**
 * A space with tasks of any shape: in each batch some come, as many legs end that were granted longest ago, and what was
 * granted starts. Which legs those are is the engine's to say.
 */
export class GrowthSpace {
  readonly #wishes: Wishes;
  readonly #holders = new Holders();
  /** Granted, and yet to be reported as started. */
  #granted: Holder[] = [];
  /** In the order of their grants. */
  #running: Holder[] = [];
  #engine: Engine;
  #at = Date.UTC(2026, 0, 1);
  #commands = 0;
  #tasks = 0;
  #legs = 0;

  constructor(targets: number, shape: Shape, seed: number) {
    const names = Array.from({ length: targets }, (_, index) => `machine-${String(index).padStart(6, "0")}`);
    this.#wishes = new Wishes(shape, names, seed);
    this.#engine = new Engine({ records: noRecords, epoch: this.#at, at: this.#at });
    for (let first = 0; first < targets; first += targetsPerBatch) {
      const some = names.slice(first, first + targetsPerBatch);
      this.#apply(some.flatMap((target) => [this.#put(target), this.#open(target)]));
    }
  }

  get overlaps(): number {
    return this.#holders.overlaps;
  }

  get waitingLegs(): number {
    return this.#legs - this.#holders.grants;
  }

  /** Enqueues tasks until so many legs wait. */
  fill(legs: number): void {
    while (this.waitingLegs < legs)
      this.#apply([...this.#starts(), ...this.#submits(() => this.#wishes.nextWaiting())]);
    this.#apply(this.#starts());
  }

  /** Goes on with an engine that was made from what is stored, whose strings are its own. Tells what that took, in seconds. */
  reload(): number {
    const records = asStored(this.#engine.records());
    this.#engine = new Engine({ records: noRecords, epoch: this.#at, at: this.#at });
    collectGarbage();
    const startedAt = performance.now();
    this.#engine = new Engine({ records, epoch: this.#at, at: this.#at });
    return (performance.now() - startedAt) / 1000;
  }

  /** At least so many legs come, and as many end. */
  round(legs: number): LegsCost {
    const before = this.#legs;
    let cpuSeconds = 0;
    while (this.#legs - before < legs) {
      const came = this.#legs;
      const submits = this.#submits(() => this.#wishes.next());
      const ending = this.#running.splice(0, this.#legs - came);
      const finished = ending.map((holder) => this.#report(holder, succeeded));
      cpuSeconds += this.#apply([...submits, ...finished, ...this.#starts()], ending);
    }
    return { legs: this.#legs - before, cpuSeconds };
  }

  /** Tells what the engine took of the CPU. `ending`: whose end is among the commands. */
  #apply(made: readonly Command[], ending: readonly Holder[] = []): number {
    const commands = JSON.parse(JSON.stringify(made)) as Command[];
    this.#at += 1;
    const cpuBefore = process.cpuUsage();
    const { replies, changes, effects } = this.#engine.applyAll(commands);
    const cpu = process.cpuUsage(cpuBefore);
    JSON.stringify(changes);
    const refused = replies.findIndex((reply) => reply.type === "refused");
    if (refused !== -1) throw new Error(`refused: ${JSON.stringify([commands[refused], replies[refused]])}`);
    for (const holder of ending) this.#holders.end(holder);
    for (const effect of effects) {
      if (effect.type !== "deliver")
        throw new Error(`the engine sends ${effect.type}; expected deliveries alone`);
      const { target, leg, token, mode } = effect;
      this.#holders.add({ target, leg, token, mode });
      this.#granted.push({ target, leg, token, mode });
    }
    return (cpu.user + cpu.system) / 1e6;
  }

  /** Tasks with as many legs as a batch may have, and one task at least. */
  #submits(wish: () => TaskWish): Command[] {
    const commands: Command[] = [];
    for (let legs = 0; legs < legsPerBatch; ) {
      const { kind, targets, plan } = wish();
      this.#tasks += 1;
      const id = `k-${String(this.#tasks).padStart(24, "0")}`;
      const task = { ...common, kind, targets, plan, id };
      commands.push({ ...this.#base(), type: "submit", task, ended: null });
      legs += targets.length;
      this.#legs += targets.length;
    }
    return commands;
  }

  /** Of all that was granted since the last time. */
  #starts(): Command[] {
    const commands = this.#granted.map((holder) => this.#report(holder, { type: "started" }));
    this.#running.push(...this.#granted);
    this.#granted = [];
    return commands;
  }

  #base(): Pick<Command, "id" | "at" | "random"> {
    this.#commands += 1;
    return { id: `i-${this.#commands}`, at: this.#at, random: 0.5 };
  }

  #put(target: string): Command {
    return { ...this.#base(), type: "target.put", target, policy: {}, tags: [], users: [] };
  }

  /** Each machine has a tentacle of its own, whose session has the name of the target: so a report names that too. */
  #open(target: string): Command {
    const tentacle = { session: target, tentacle: target, version: "1", targets: [target], capacity: 1000 };
    return { ...this.#base(), type: "session.open", ...tentacle, user: null, succeeds: [], knows: [] };
  }

  #report({ target, leg, token }: Holder, report: AttemptReport): Command {
    return { ...this.#base(), type: "report", session: target, leg, token, report };
  }
}

const succeeded: AttemptReport = { type: "finished", outcome: { type: "succeeded", exitCode: 0 } };
