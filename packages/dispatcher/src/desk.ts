import type { Command, Decisions, Engine } from "@berth/engine";
import type { InboxItemOf, ReplyBody } from "@berth/protocol";
import type { Batch } from "./batch.ts";
import { commandOf, type EngineItem } from "./command.ts";
import type { Entry, Unreadable } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { Payloads } from "./payloads.ts";
import { oopsOfDefect, oopsOfUnreadable } from "./refused.ts";
import type { TermSetup } from "./term.ts";
import type { Watchers } from "./watchers.ts";

/** Where the entries of one batch are decided: at one instant, by the engine, into one batch and one outbox. */
export class Desk {
  readonly #setup: TermSetup;
  readonly #engine: Engine;
  readonly #watchers: Watchers;
  readonly #payloads: Payloads;
  readonly #batch: Batch;
  readonly #outbox: Outbox;
  readonly #at: number;

  constructor(
    setup: TermSetup,
    engine: Engine,
    watchers: Watchers,
    payloads: Payloads,
    batch: Batch,
    outbox: Outbox,
    at: number,
  ) {
    this.#setup = setup;
    this.#engine = engine;
    this.#watchers = watchers;
    this.#payloads = payloads;
    this.#batch = batch;
    this.#outbox = outbox;
    this.#at = at;
  }

  /** Whatever was silent while nobody listened must not lose its lease for it. */
  standstill(ms: number): void {
    if (ms <= 0) return;
    this.#setup.logger.warn(
      { ms },
      "the dispatcher stood still, or its clock jumped; all leases are prolonged by that",
    );
    this.#apply({ ...this.#circumstances("paused"), type: "paused", ms });
  }

  resend(): void {
    this.#apply({ ...this.#circumstances("resend"), type: "resend" });
  }

  tick(): void {
    const nextAt = this.#engine.nextTimerAt;
    if (nextAt !== null && nextAt <= this.#at) this.#apply({ ...this.#circumstances("tick"), type: "tick" });
    this.#watchers.sweep(this.#at);
  }

  refuse(unreadable: Unreadable): void {
    const { newId } = this.#setup;
    this.#batch.addOops(oopsOfUnreadable(`oops-${newId()}`, unreadable, this.#at));
    const { replyTo, itemId, problem } = unreadable;
    if (itemId !== null)
      this.#outbox.reply(replyTo, itemId, { type: "refused", code: "message_invalid", message: problem });
  }

  handle(entry: Entry, endedDigests: ReadonlyMap<string, { digest: string }>): void {
    const { item, replyTo } = entry;
    switch (item.type) {
      case "explain":
        this.#outbox.reply(replyTo, item.id, this.#explain(item.task));
        return;
      case "watch":
        if (replyTo !== null) this.#watchers.add(item.task, replyTo, item.until);
        this.#outbox.reply(replyTo, item.id, { type: "done" });
        return;
      default:
        this.#decide(item, replyTo, endedDigests);
    }
  }

  #explain(task: string): ReplyBody {
    const explanation = this.#engine.explain(task, this.#at);
    if (explanation === null) {
      return {
        type: "refused",
        code: "task_unknown",
        message: `there is no task ${task} that has not ended`,
      };
    }
    return { type: "explanation", explanation };
  }

  #decide(
    item: EngineItem,
    replyTo: string | null,
    endedDigests: ReadonlyMap<string, { digest: string }>,
  ): void {
    const defect = this.#setup.defective.get(item.id);
    if (defect !== undefined) {
      this.#refuseDefective(item, replyTo, defect);
      return;
    }
    const endedDigest = item.type === "submit" ? (endedDigests.get(item.task.id)?.digest ?? null) : null;
    const { random } = this.#setup;
    const { reply } = this.#apply(commandOf(item, { at: this.#at, random: random(), endedDigest }));
    if (item.type === "submit" && reply.type === "submitted" && !reply.existing) this.#keepPayload(item);
    if (item.type === "report") {
      if (reply.type !== "refused") this.#keepOutput(item);
      // A tentacle sends many reports and only needs to hear of those that did not count.
      else this.#outbox.reply(replyTo, item.id, reply);
      return;
    }
    this.#outbox.reply(replyTo, item.id, reply);
  }

  #keepPayload({ task }: InboxItemOf<"submit">): void {
    const payload = JSON.stringify(task.payload);
    this.#batch.addPayload(task.id, payload);
    this.#payloads.keep(task.id, payload);
  }

  #keepOutput({ task, leg, attempt, report }: InboxItemOf<"report">): void {
    if (report.type !== "progress" || !leg.startsWith(`${task}.`)) return;
    for (const line of report.output) this.#batch.addLog({ ...line, task, leg, attempt });
  }

  /** It made the engine throw before. It is told of and put aside, so that it stops nothing else. */
  #refuseDefective(item: EngineItem, replyTo: string | null, defect: string): void {
    const { newId } = this.#setup;
    this.#batch.addOops(oopsOfDefect(`oops-${newId()}`, item, defect, this.#at));
    const message = `${item.type} ${item.id} met a defect in Berth: ${defect}`;
    this.#outbox.reply(replyTo, item.id, { type: "refused", code: "internal", message });
  }

  /** A throw leaves the state half changed: the term is over, and the command is known when it comes again. */
  #apply(command: Command): Decisions {
    try {
      const decisions = this.#engine.apply(command);
      this.#batch.add(decisions);
      return decisions;
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#setup.defective.set(command.id, text);
      throw error;
    }
  }

  #circumstances(what: string): { id: string; at: number; random: number } {
    return { id: `${what}-${this.#setup.newId()}`, at: this.#at, random: this.#setup.random() };
  }
}
