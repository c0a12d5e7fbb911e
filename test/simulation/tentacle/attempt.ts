import type { IncomingMessage } from "@berth/broker";
import type { AttemptOutcome, AttemptReport, Delivery, Failure } from "@berth/protocol";
import type { History, RunEnd } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { Machine } from "../world/machine.ts";
import type { Cancel } from "../world/scheduler.ts";
import { drawWork, Execution } from "./execution.ts";
import type { ReportEntry, Reporter } from "./reporter.ts";

export interface AttemptSetup {
  readonly machine: Machine;
  readonly reporter: Reporter;
  readonly history: History;
  readonly chance: Chance;
  readonly tentacle: string;
  readonly session: string;
  /** 0: nothing goes wrong with what runs; 1: as usual. */
  readonly trouble: () => number;
  readonly crash: () => void;
  readonly onOver: (attempt: Attempt) => void;
}

type Stage = "offered" | "accepted" | "started" | "reported" | "fenced" | "over";

const timeoutGraceMs = 1_000;
const stopGraceMs = 500;

/** An attempt in a tentacle, step by step as in `packages/tentacle/src/attempt.ts`. */
export class Attempt {
  readonly serial: number;
  readonly delivery: Delivery;
  wasGranted = false;
  stage: Stage = "offered";
  readonly #setup: AttemptSetup;
  #message: IncomingMessage;
  #execution: Execution | null = null;
  #startEntry: ReportEntry | null = null;
  #endedBy: "cancel" | "timeout" | "stop" | null = null;
  #clearTimeout: Cancel = () => {};

  constructor(serial: number, delivery: Delivery, message: IncomingMessage, setup: AttemptSetup) {
    this.serial = serial;
    this.delivery = delivery;
    this.#message = message;
    this.#setup = setup;
  }

  takeOver(message: IncomingMessage): void {
    if (this.stage === "fenced") {
      message.ack();
      return;
    }
    const previous = this.#message;
    this.#message = message;
    previous.ack();
  }

  /** It is granted to this session. A script is only let go when the broker has the report of its start. */
  start(): void {
    if (this.stage !== "offered") return;
    this.wasGranted = true;
    this.stage = "accepted";
    const { machine, chance } = this.#setup;
    const isScript = chance.happens(0.6);
    machine.after(isScript ? chance.int(0, 20) : 0, () => this.#begin(isScript));
  }

  giveBack(reason: "draining" | "revoked"): void {
    if (this.stage !== "offered" && this.stage !== "accepted") return;
    this.wasGranted = true;
    this.#reportEnd({ type: "rejected", reason });
  }

  drop(): void {
    if (this.stage !== "offered") return;
    this.#message.ack();
    this.#becomeOver();
  }

  putBack(): void {
    if (this.stage !== "offered") return;
    this.#message.nack(true);
    this.#becomeOver();
  }

  cancel(graceMs: number): void {
    if (this.stage === "offered") this.giveBack("revoked");
    else if (this.stage === "accepted") this.#reportEnd({ type: "finished", outcome: { type: "canceled" } });
    else this.#askToEnd("cancel", graceMs);
  }

  stop(): void {
    this.putBack();
    this.giveBack("draining");
    this.#askToEnd("stop", stopGraceMs);
  }

  fence(): void {
    if (this.stage === "fenced" || this.stage === "over") return;
    const wasOffered = this.stage === "offered";
    this.stage = "fenced";
    this.#clearTimeout();
    if (wasOffered) this.#message.nack(true);
    else this.#message.ack();
    this.#execution?.kill();
    this.#becomeOver();
  }

  /** The machine has died under it. */
  orphan(guardMs: number): void {
    this.#execution?.orphan(guardMs);
  }

  get isRunning(): boolean {
    return this.#execution !== null && this.#execution.run.end === null;
  }

  #begin(isScript: boolean): void {
    if (this.stage !== "accepted") return;
    this.stage = "started";
    const { reporter, machine } = this.#setup;
    this.#startEntry = reporter.push(
      this.#item({ type: "started" }),
      isScript ? () => this.#letGo() : undefined,
    );
    const { timeoutMs } = this.delivery;
    if (timeoutMs !== null) {
      this.#clearTimeout = machine.after(timeoutMs, () => this.#askToEnd("timeout", timeoutGraceMs));
    }
    if (!isScript) this.#letGo();
  }

  #letGo(): void {
    if (this.stage !== "started" || this.#execution !== null) return;
    const { machine, history, tentacle, session, chance, trouble, crash } = this.#setup;
    this.#execution = new Execution({
      machine,
      history,
      delivery: this.delivery,
      tentacle,
      session,
      work: drawWork(chance, trouble()),
      onEnd: (end) => this.#finished(end),
      onCrash: crash,
    });
  }

  #finished(end: Exclude<RunEnd, "killed">): void {
    this.#clearTimeout();
    if (this.stage === "started") this.#reportEnd(this.#endOf(outcomeOf(end)));
  }

  #endOf(outcome: AttemptOutcome): AttemptReport {
    switch (this.#endedBy) {
      case null:
        return { type: "finished", outcome };
      case "cancel":
        return { type: "finished", outcome: { type: "canceled" } };
      case "timeout":
        return { type: "finished", outcome: { type: "timed-out" } };
      case "stop":
        return { type: "lost", failure: failure("TentacleStopped") };
    }
  }

  #askToEnd(by: "cancel" | "timeout" | "stop", graceMs: number): void {
    if (this.stage !== "started") return;
    if (this.#execution === null) {
      // It waits to be let go, and never will be.
      this.#endedBy ??= by;
      this.#clearTimeout();
      this.#reportEnd(this.#endOf({ type: "canceled" }));
      return;
    }
    if (this.#execution.run.end !== null) return;
    this.#execution.askToEnd(graceMs);
    this.#endedBy ??= by;
  }

  #reportEnd(report: AttemptReport): void {
    this.stage = "reported";
    const onConfirmed = (): void => {
      if (this.stage !== "reported") return;
      this.#message.ack();
      this.#becomeOver();
    };
    const start = this.#startEntry;
    if (report.type === "finished" && start !== null && !start.isSealed) {
      start.item = this.#item(report, start.item.id);
      start.onConfirmed = onConfirmed;
    } else {
      this.#setup.reporter.push(this.#item(report), onConfirmed);
    }
  }

  #item(report: AttemptReport, id?: string): ReportEntry["item"] {
    const { task, leg, attempt, token } = this.delivery;
    const { reporter, session } = this.#setup;
    return {
      type: "report",
      id: id ?? reporter.newItemId(this.serial),
      session,
      task,
      leg,
      attempt,
      token,
      report,
    };
  }

  #becomeOver(): void {
    this.stage = "over";
    this.#setup.onOver(this);
  }
}

function outcomeOf(end: Exclude<RunEnd, "killed">): AttemptOutcome {
  switch (end) {
    case "succeeded":
      return { type: "succeeded", exitCode: 0 };
    case "failed":
      return { type: "failed", exitCode: 1, message: "exit code 1" };
    case "error":
      return { type: "error", failure: failure("HandlerThrew") };
    case "canceled":
    case "timed-out":
      return { type: end };
  }
}

function failure(type: string): Failure {
  return { type, value: "drawn by the simulation", text: null };
}
