import process from "node:process";
import { type AttemptReport, type Command, Engine, type LiveRecords, noRecords } from "@berth/engine";
import { HeldSlots } from "./held-slots.ts";
import { collectGarbage } from "./live-heap.ts";
import { asStored } from "./stored-records.ts";

/** Targets whose commands are applied in one go, as the dispatcher applies what has gathered during a commit. */
const targetsPerBatch = 100;

/** What is the same for every task: a deploy whose sender gave a key, as the SDK does for each task. */
const deploy = {
  kind: "deploy",
  name: "release-of-the-shop",
  mutex: "script",
  priority: "normal",
  variables: {},
  digest: "3q2-7wAAAACqu8zdAAAAAP8AEQAiADMARABVAGYAdwA",
  notBefore: null,
  queueExpiresAt: null,
  timeoutMs: null,
  estimateMs: null,
  cancelGraceMs: null,
  plan: null,
} as const;

/** What one submit and one finish on each of some targets cost. */
export interface RoundCost {
  readonly commands: number;
  /** In the engine alone: without what makes its commands and reads its decisions. */
  readonly seconds: number;
  /** Meanwhile, of all threads, those that collect garbage too. Tells on a busy machine what the time does not. */
  readonly cpuSeconds: number;
}

/**
 * A space in which one exclusive leg runs on each target and others wait behind it. Whoever drives it does what
 * surrounds an engine: commands come out of text, as from a broker, and changes are written as text, as by a store.
 */
export class Space {
  readonly targets: readonly string[];
  readonly #slots = new HeldSlots();
  #engine: Engine;
  #at = Date.UTC(2026, 0, 1);
  #tasks = 0;
  #commands = 0;

  constructor(targets: number) {
    this.targets = Array.from({ length: targets }, (_, index) => `machine-${String(index).padStart(6, "0")}`);
    this.#engine = new Engine({ records: noRecords, epoch: this.#at, at: this.#at });
    for (const batch of batchesOf(this.targets)) {
      this.#apply(batch.flatMap((target) => [this.#put(target), this.#open(target)]));
      this.#apply(batch.map((target) => this.#submit(target)));
      this.#apply(batch.map((target) => this.#started(target)));
    }
  }

  /** Legs that were granted a slot that was held. */
  get overlaps(): number {
    return this.#slots.overlaps;
  }

  get waitingLegs(): number {
    return this.#tasks - this.#slots.grants;
  }

  /** Enqueues so many tasks, spread evenly over the targets. All of them wait. */
  fill(tasks: number): void {
    for (let left = tasks; left > 0; left -= this.targets.length) {
      for (const batch of batchesOf(this.targets.slice(0, left))) {
        this.#apply(batch.map((target) => this.#submit(target)));
      }
    }
  }

  /** Goes on with an engine made anew from what is stored, made so many times; how long each took, in seconds. */
  reload(times: number): number[] {
    const records = asStored(this.#engine.records());
    const seconds = Array.from({ length: times }, () => this.#load(records));
    this.#apply([{ ...this.#base(), type: "resend" }]);
    return seconds;
  }

  #load(records: LiveRecords): number {
    // An owner that takes a space over has no other engine, nor the garbage of one.
    this.#engine = new Engine({ records: noRecords, epoch: this.#at, at: this.#at });
    collectGarbage();
    const startedAt = performance.now();
    this.#engine = new Engine({ records, epoch: this.#at, at: this.#at });
    return (performance.now() - startedAt) / 1000;
  }

  /**
   * On each of these targets a submit; a batch later the end of what runs there, which frees the slot for the next in
   * line; and another batch later the start of that. So no two commands of a batch are about one target.
   */
  round(targets: readonly string[]): RoundCost {
    const grantsBefore = this.#slots.grants;
    const commandsBefore = this.#commands;
    const batches = [...batchesOf(targets)];
    let seconds = 0;
    let cpuSeconds = 0;
    for (let index = 0; index < batches.length + 2; index += 1) {
      const took = this.#apply([
        ...(batches[index] ?? []).map((target) => this.#submit(target)),
        ...(batches[index - 1] ?? []).map((target) => this.#finished(target)),
        ...(batches[index - 2] ?? []).map((target) => this.#started(target)),
      ]);
      seconds += took.seconds;
      cpuSeconds += took.cpuSeconds;
    }
    const grants = this.#slots.grants - grantsBefore;
    // After an overlap, of which the result tells, a slot may be held although something on it has ended.
    if (this.overlaps === 0 && grants !== targets.length)
      throw new Error(`${targets.length} legs ended, and ${grants} were granted in their place`);
    return { commands: this.#commands - commandsBefore, seconds, cpuSeconds };
  }

  /** Tells what the engine took. */
  #apply(made: readonly Command[]): Pick<RoundCost, "seconds" | "cpuSeconds"> {
    const commands = JSON.parse(JSON.stringify(made)) as Command[];
    this.#at += 1;
    this.#commands += commands.length;
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    const { replies, changes, effects } = this.#engine.applyAll(commands);
    const cpu = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - startedAt) / 1000;
    JSON.stringify(changes);
    for (const [index, command] of commands.entries()) {
      const reply = replies[index];
      if (reply === undefined || reply.type === "refused")
        throw new Error(`refused: ${JSON.stringify(command)}`);
      if (command.type === "report" && command.report.type === "finished")
        this.#slots.release(command.session);
    }
    this.#slots.take(effects);
    return { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
  }

  #base(): Pick<Command, "id" | "at" | "random"> {
    return { id: `i-${this.#commands}`, at: this.#at, random: 0.5 };
  }

  #put(target: string): Command {
    return { ...this.#base(), type: "target.put", target, policy: {}, tags: [], users: [] };
  }

  /** Each machine has a tentacle of its own, whose session has the name of the target: so a report names that too. */
  #open(target: string): Command {
    const tentacle = { session: target, tentacle: target, version: "1", targets: [target], capacity: 1 };
    const past = { user: null, succeeds: [], knows: [] };
    return { ...this.#base(), type: "session.open", ...tentacle, ...past };
  }

  #submit(target: string): Command {
    this.#tasks += 1;
    const id = `k-${String(this.#tasks).padStart(24, "0")}`;
    return { ...this.#base(), type: "submit", task: { ...deploy, id, targets: [target] }, ended: null };
  }

  #started(target: string): Command {
    return this.#report(target, { type: "started" });
  }

  #finished(target: string): Command {
    return this.#report(target, { type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  }

  #report(target: string, report: AttemptReport): Command {
    const { leg, token } = this.#slots.grantOf(target);
    return { ...this.#base(), type: "report", session: target, leg, token, report };
  }
}

function* batchesOf(targets: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < targets.length; start += targetsPerBatch) {
    yield targets.slice(start, start + targetsPerBatch);
  }
}
