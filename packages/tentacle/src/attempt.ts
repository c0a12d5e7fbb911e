import type { IncomingMessage } from "@berth/broker";
import type { AttemptOutcome, AttemptReport, Delivery, Failure } from "@berth/protocol";
import type { Clock } from "./clock.ts";
import type { DeliveryReference, ReadDelivery } from "./delivery.ts";
import type { Execution, ExecutionHost } from "./execution.ts";
import { failure } from "./failure.ts";
import { type LaunchSurroundings, launch } from "./launch.ts";
import { AttemptOutput } from "./output.ts";
import type { AttemptIdentity, ReportEntry, Reporter, ReportHolder } from "./reporter.ts";
import { after } from "./timing.ts";

/** What the attempts of one session share. */
export interface AttemptSurroundings {
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly launch: LaunchSurroundings;
  readonly outputBytesMax: number;
  /** How long a script has to end by itself when its time is up. */
  readonly timeoutGraceMs: number;
  /** How long a script has to end by itself when the tentacle does not wait any longer. */
  readonly stopGraceMs: number;
  /** Nothing of it runs any more, and nothing is left to be said. */
  readonly onOver: (attempt: Attempt) => void;
}

/**
 * - `offered`: it may not start before the server says so
 * - `accepted`: it is about to start
 * - `started`: its start was reported
 * - `reported`: its end was reported, and waits for the broker to confirm that
 * - `fenced`: it is over for the server; whatever still runs of it is ended, and says nothing more
 * - `over`
 */
type Stage = "offered" | "accepted" | "started" | "reported" | "fenced" | "over";

type ReadableDelivery = Exclude<ReadDelivery, { type: "garbage" }>;

export class Attempt implements ExecutionHost, ReportHolder {
  readonly identity: AttemptIdentity;
  readonly #read: ReadableDelivery;
  readonly #surroundings: AttemptSurroundings;
  #message: IncomingMessage;
  #stage: Stage = "offered";
  #wasGranted = false;
  #output: AttemptOutput | null = null;
  #execution: Execution | null = null;
  /** There is an execution, or will be, that has not said that it ended. */
  #executing = false;
  /** Why it was asked to end, which decides what its end means. */
  #endedBy: "cancel" | "timeout" | "stop" | null = null;
  #clearTimeout: () => void = () => {};
  #onStartConfirmed: (() => void) | null = null;
  #startEntry: ReportEntry | null = null;
  #endEntry: ReportEntry | null = null;

  constructor(
    serial: number,
    read: ReadableDelivery,
    message: IncomingMessage,
    surroundings: AttemptSurroundings,
  ) {
    const { task, leg, attempt, token } = referenceOf(read);
    this.identity = { serial, task, leg, attempt, token };
    this.#read = read;
    this.#message = message;
    this.#surroundings = surroundings;
  }

  get delivery(): Delivery {
    if (this.#read.type === "delivery") return this.#read.delivery;
    throw new TypeError("A delivery that cannot be read is never run.");
  }

  get output(): AttemptOutput {
    const { reporter, clock, outputBytesMax } = this.#surroundings;
    this.#output ??= new AttemptOutput({
      identity: this.identity,
      reporter,
      clock,
      bytesMax: outputBytesMax,
    });
    return this.#output;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Nobody may start it any more; what was only offered may still be another's. */
  get wasGranted(): boolean {
    return this.#wasGranted;
  }

  /** Another copy of its delivery has come; the broker has given up on the one before, or never will miss it. */
  takeOver(message: IncomingMessage): void {
    if (this.#stage === "fenced") {
      message.ack();
      return;
    }
    const previous = this.#message;
    this.#message = message;
    previous.ack();
  }

  /** It is granted to this session. */
  start(): void {
    if (this.#stage !== "offered") return;
    this.#wasGranted = true;
    if (this.#read.type === "unreadable") {
      this.#reportEnd({ type: "rejected", reason: "unreadable", failure: this.#read.failure });
      return;
    }
    this.#stage = "accepted";
    this.#executing = true;
    this.#execution = launch(this, this.#surroundings.launch);
  }

  /** Gives it back, unless it has started. */
  giveBack(reason: "draining" | "revoked"): void {
    if (this.#stage !== "offered" && this.#stage !== "accepted") return;
    this.#wasGranted = true;
    this.#executing = false;
    this.#reportEnd({ type: "rejected", reason });
  }

  /** The server says that it is not for this session. */
  drop(): void {
    if (this.#stage !== "offered") return;
    this.#message.ack();
    this.#becomeOver();
  }

  /** It was never granted to this session, which does not want it any more. */
  putBack(): void {
    if (this.#stage !== "offered") return;
    this.#message.nack(true);
    this.#becomeOver();
  }

  cancel(graceMs: number, reason: string): void {
    // The order tells that it was granted; the answer that would have said so was lost.
    if (this.#stage === "offered") this.giveBack("revoked");
    else if (this.#stage === "accepted") {
      this.#executing = false;
      this.#reportEnd({ type: "finished", outcome: { type: "canceled" } });
    } else this.#askToEnd("cancel", graceMs, reason === "" ? "cancelled" : `cancelled: ${reason}`);
  }

  /** The tentacle stops and does not wait any longer. */
  stop(): void {
    this.putBack();
    this.giveBack("draining");
    this.#askToEnd("stop", this.#surroundings.stopGraceMs, "the tentacle stops");
  }

  /** It is over for the server: it must end at once, and nothing it says counts. */
  fence(): void {
    if (this.#stage === "fenced" || this.#stage === "over") return;
    const wasOffered = this.#stage === "offered";
    this.#stage = "fenced";
    this.#clearTimeout();
    if (wasOffered) this.#message.nack(true);
    else this.#message.ack();
    if (this.#executing) this.#execution?.kill();
    else this.#becomeOver();
  }

  begin(onConfirmed: (() => void) | null): boolean {
    if (this.#stage !== "accepted") {
      this.#executing = false;
      if (this.#stage === "fenced") this.#becomeOver();
      return false;
    }
    this.#stage = "started";
    this.#onStartConfirmed = onConfirmed;
    const { reporter, timeoutGraceMs } = this.#surroundings;
    const holder = onConfirmed === null ? null : this;
    this.#startEntry = reporter.report(this.identity, { type: "started" }, 0, holder);
    const { timeoutMs } = this.delivery;
    if (timeoutMs !== null) {
      const timeUp = (): void => this.#askToEnd("timeout", timeoutGraceMs, `timed out after ${timeoutMs} ms`);
      this.#clearTimeout = after(timeoutMs, timeUp);
    }
    return true;
  }

  finished(outcome: AttemptOutcome): void {
    this.#executing = false;
    this.#clearTimeout();
    this.#output?.end();
    if (this.#stage === "started") this.#reportEnd(this.#endOf(outcome));
    else if (this.#stage === "fenced") this.#becomeOver();
  }

  unsupported(problem: Failure): void {
    this.#executing = false;
    if (this.#stage === "accepted") {
      this.#reportEnd({ type: "rejected", reason: "unsupported", failure: problem });
    } else if (this.#stage === "fenced") this.#becomeOver();
  }

  confirmed(entry: ReportEntry): void {
    if (entry !== this.#endEntry) this.#onStartConfirmed?.();
    else if (this.#stage === "reported") {
      this.#message.ack();
      this.#becomeOver();
    }
  }

  #askToEnd(by: "cancel" | "timeout" | "stop", graceMs: number, reason: string): void {
    if (this.#stage !== "started" || this.#execution === null) return;
    if (!this.#execution.end(graceMs, reason) || this.#endedBy !== null) return;
    this.#endedBy = by;
    this.output.note(reason);
  }

  /** What the end means: it was asked to end, then that is what happened, whatever it made of it. */
  #endOf(outcome: AttemptOutcome): AttemptReport {
    switch (this.#endedBy) {
      case null:
        return { type: "finished", outcome };
      case "cancel":
        return { type: "finished", outcome: { type: "canceled" } };
      case "timeout":
        return { type: "finished", outcome: { type: "timed-out" } };
      case "stop": {
        const value = "the tentacle stopped and could not wait for its end";
        return { type: "lost", failure: failure("TentacleStopped", value, this.#output?.tail ?? null) };
      }
    }
  }

  /** What ends before anybody was told of its start has only its end to tell: half the reports of short work. */
  #reportEnd(report: AttemptReport): void {
    this.#stage = "reported";
    const { reporter } = this.#surroundings;
    const start = this.#startEntry;
    if (report.type === "finished" && start !== null && !start.sealed && this.#output === null) {
      reporter.supersede(start, report, textBytesOf(report), this);
      this.#endEntry = start;
    } else {
      this.#endEntry = reporter.report(this.identity, report, textBytesOf(report), this);
    }
  }

  #becomeOver(): void {
    this.#stage = "over";
    this.#surroundings.onOver(this);
  }
}

function referenceOf(read: ReadableDelivery): DeliveryReference {
  return read.type === "delivery" ? read.delivery : read.reference;
}

function textBytesOf(report: AttemptReport): number {
  if ("failure" in report) return textBytesOfFailure(report.failure);
  if (report.type !== "finished") return 0;
  const { outcome } = report;
  if (outcome.type === "error") return textBytesOfFailure(outcome.failure);
  return outcome.type === "failed" ? outcome.message.length : 0;
}

function textBytesOfFailure({ value, text }: Failure): number {
  return value.length + (text?.length ?? 0);
}
