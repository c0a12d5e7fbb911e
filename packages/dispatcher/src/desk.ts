import { assertNever, type Command, CommandDefect, type Engine, type Reply } from "@berth/engine";
import type { InboxItem, InboxItemOf, ReplyBody, Topology } from "@berth/protocol";
import type { Logger } from "pino";
import { Batch } from "./batch.ts";
import { commandOf, type EngineItem, type OwnItem } from "./command.ts";
import { Gatekeeper, type RefusedEntry } from "./identity/gatekeeper.ts";
import { usersOf } from "./identity/owners.ts";
import type { Entry, Opened, Unreadable } from "./inbox.ts";
import { oopsOfLostPayload, oopsOfLostSubmit, oopsOfRepetition } from "./lost.ts";
import { Outbox } from "./outbox.ts";
import type { Payloads } from "./payloads.ts";
import { oopsOfDefect, oopsOfRefusedEntry, oopsOfUnreadable } from "./refused.ts";
import { SchedulePayloads } from "./schedule-payloads.ts";
import { type DispatcherSettings, ownUser } from "./settings.ts";
import { ToldEnds } from "./told-end.ts";
import type { Watchers } from "./watchers.ts";

export interface DeskSetup {
  readonly space: string;
  readonly owner: string;
  readonly topology: Topology;
  readonly engine: Engine;
  readonly watchers: Watchers;
  readonly payloads: Payloads;
  readonly settings: Pick<DispatcherSettings, "serverUsers">;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Commands that made the engine throw, by id, with what it threw: they are refused when they come again. */
  readonly defective: Map<string, string>;
}

/** What comes to a batch besides the inbox. */
export interface Occasion {
  readonly at: number;
  /** For how long nobody was listened to before; ms. */
  readonly standstillMs: number;
  readonly mustResend: boolean;
  /** Digests of tasks that have ended, by id, of those that the inbox names. */
  readonly endedDigests: ReadonlyMap<string, { readonly digest: string }>;
  /** Granted tasks of which nobody knows what they are to run. */
  readonly tasksWithoutPayload: readonly string[];
}

interface Decidable {
  readonly item: EngineItem;
  readonly sender: string | null;
  readonly replyTo: string | null;
  readonly isRepeated: boolean;
}

/** Where what is in the inbox is decided: a batch at a time, at one instant, by the engine. */
export class Desk {
  readonly #setup: DeskSetup;
  readonly #gatekeeper: Gatekeeper;
  /** Everything has been read that was sent before this time. */
  #heardUntil = 0;

  constructor(setup: DeskSetup) {
    this.#setup = setup;
    const { standing } = setup.engine;
    this.#gatekeeper = new Gatekeeper({ ...setup, standing, serverUsers: setup.settings.serverUsers });
  }

  /** Decides everything. Nothing of it may leave before the batch is committed. */
  decide(received: readonly Opened[], occasion: Occasion): { batch: Batch; outbox: Outbox } {
    const { space, watchers } = this.#setup;
    const { opened, refused } = this.#gatekeeper.pass(received, occasion.at);
    const decidable: Decidable[] = [];
    const own: { item: Asked; replyTo: string | null }[] = [];
    const defective: Decidable[] = [];
    const heardBefore = this.#heardUntil;
    for (const { entries } of opened)
      for (const entry of entries) this.#sort(entry, decidable, own, defective);

    const { engine } = this.#setup;
    const lost = occasion.tasksWithoutPayload.filter((task) => engine.isAlive(task));
    const before = [
      ...this.#commandsBefore(occasion),
      ...lost.map((task) => this.#giveUp(task, occasion.at)),
    ];
    const told = new ToldEnds(decidable, (task) => !engine.isAlive(task) && !occasion.endedDigests.has(task));
    const commands = [
      ...before,
      ...decidable.map((each) => this.#commandOf(each, occasion, told)),
      ...this.#tick(occasion, this.#heardUntil > heardBefore),
    ];
    const schedulePayloads = new SchedulePayloads(engine, decidable);
    const decisions = this.#applyAll(commands);
    const batch = new Batch(decisions);
    const outbox = this.#outbox(occasion.at);
    const replies = decisions.replies.slice(before.length);
    this.#settleAll(decidable, replies, occasion.at, batch, outbox);
    schedulePayloads.each(decisions.changes, (task, payload) => this.#keepPayload(task, payload, batch));
    told.addTo(batch, (item, error) => this.#noteDefect(item, textOf(error), occasion.at, batch));
    for (const { item, replyTo } of own) this.#answer(item, replyTo, occasion.at, batch, outbox);
    for (const { item, replyTo } of defective) {
      const defect = this.#setup.defective.get(item.id) ?? "";
      this.#refuseDefective(item, defect, replyTo, occasion.at, batch, outbox);
    }
    for (const each of refused) this.#refuseSender(each, occasion.at, batch, outbox);
    for (const { unreadable, repeatedBy } of opened) {
      for (const each of unreadable) this.#refuse(each, occasion.at, batch, outbox);
      if (repeatedBy !== null) batch.addOops(oopsOfRepetition(space, repeatedBy, occasion.at));
    }
    for (const task of lost) batch.addOops(oopsOfLostPayload(task, occasion.at));
    for (const effect of batch.effects) outbox.addEffect(effect);
    watchers.notify(batch, occasion.at, (queue, notice) => outbox.notify(queue, notice));
    return { batch, outbox };
  }

  #settleAll(
    decidable: readonly Decidable[],
    replies: readonly Reply[],
    at: number,
    batch: Batch,
    outbox: Outbox,
  ): void {
    for (const [index, { item, replyTo, isRepeated }] of decidable.entries()) {
      const reply = replies[index];
      if (reply === undefined) continue;
      if (reply.type !== "refused") batch.addCarriedOut(item);
      // Whoever sent it first was told that it was taken, and hears nothing of a refusal now.
      else if (isRepeated && item.type === "submit") batch.addOops(oopsOfLostSubmit(item, reply, at));
      this.#settle(item, replyTo, reply, batch, outbox);
    }
  }

  #sort(
    { item, replyTo, sender, isRepeated }: Entry,
    decidable: Decidable[],
    own: { item: Asked; replyTo: string | null }[],
    defective: Decidable[],
  ): void {
    if (item.type === "mark") this.#hear(item);
    else if (isOwn(item)) own.push({ item, replyTo });
    else if (this.#setup.defective.has(item.id)) defective.push({ item, replyTo, sender, isRepeated });
    else decidable.push({ item, replyTo, sender, isRepeated });
  }

  /** Whatever was silent while nobody listened must not lose its lease for it. */
  #commandsBefore({ at, standstillMs, mustResend }: Occasion): Command[] {
    const commands: Command[] = [];
    if (standstillMs > 0) {
      const { logger } = this.#setup;
      logger.warn(
        { ms: standstillMs },
        "the dispatcher stood still, or its clock jumped; leases are longer by that",
      );
      commands.push({ ...this.#circumstances("paused", at), type: "paused", ms: standstillMs });
    }
    if (mustResend) commands.push({ ...this.#circumstances("resend", at), type: "resend" });
    return commands;
  }

  /** It can never run, and must neither wait for ever nor vanish. */
  #giveUp(task: string, at: number): Command {
    const reason = "what it is to run was lost with the store; enqueue it again";
    return { ...this.#circumstances("give-up", at), type: "cancel", task, by: "berth", reason };
  }

  /** One of another owner says nothing: its clock is another one, and so may be the order in which it was served. */
  #hear({ owner, at }: InboxItemOf<"mark">): void {
    if (owner === this.#setup.owner) this.#heardUntil = Math.max(this.#heardUntil, at);
  }

  #outbox(at: number): Outbox {
    const { topology, space, settings } = this.#setup;
    return new Outbox({ topology, space, brokerUser: ownUser(settings), makeMark: () => this.#mark(at) });
  }

  #mark(at: number): InboxItemOf<"mark"> {
    return { type: "mark", id: `mark-${this.#setup.newId()}`, owner: this.#setup.owner, at };
  }

  /** After the inbox: a heartbeat that has come in counts before a lease ends. */
  #tick({ at }: Occasion, hasHeard: boolean): Command[] {
    const { nextTimerAt } = this.#setup.engine;
    const isDue = nextTimerAt !== null && nextTimerAt <= at;
    if (!isDue && !hasHeard) return [];
    return [{ ...this.#circumstances("tick", at), type: "tick", heardUntil: this.#heardUntil }];
  }

  #circumstances(what: string, at: number): { id: string; at: number; random: number } {
    return { id: `${what}-${this.#setup.newId()}`, at, random: this.#setup.random() };
  }

  #commandOf({ item, sender }: Decidable, { at, endedDigests }: Occasion, told: ToldEnds): Command {
    let endedDigest: string | null = null;
    if (item.type === "submit") {
      const { id } = item.task;
      endedDigest = endedDigests.get(id)?.digest ?? told.digestOf(id);
    }
    const { topology, space, random } = this.#setup;
    return commandOf(item, {
      at,
      random: random(),
      endedDigest,
      opener: this.#gatekeeper.openerOf(sender),
      usersOf: (target, named) => usersOf(topology, space, target, named),
    });
  }

  /** A throw leaves the state half changed: the term is over, and the command is known when it comes again. */
  #applyAll(commands: readonly Command[]): ReturnType<Engine["applyAll"]> {
    try {
      return this.#setup.engine.applyAll(commands);
    } catch (error) {
      if (error instanceof CommandDefect) {
        this.#setup.defective.set(error.command, textOf(error.cause));
      }
      throw error;
    }
  }

  #settle(item: EngineItem, replyTo: string | null, reply: Reply, batch: Batch, outbox: Outbox): void {
    if (item.type === "submit" && reply.type === "submitted" && !reply.existing)
      this.#keepPayload(item.task.id, JSON.stringify(item.task.payload), batch);
    if (item.type === "session.open") batch.addSessionToAnswer(item.session);
    if (item.type === "report" && reply.type !== "refused") {
      // A tentacle sends many reports and only needs to hear of those that did not count.
      keepOutput(item, batch);
      return;
    }
    outbox.reply(replyTo, item.id, reply);
  }

  #keepPayload(task: string, payload: string, batch: Batch): void {
    batch.addPayload(task, payload);
    this.#setup.payloads.keep(task, payload);
  }

  #answer(item: Asked, replyTo: string | null, at: number, batch: Batch, outbox: Outbox): void {
    if (item.type === "watch") {
      if (replyTo !== null) this.#setup.watchers.add(item.task, replyTo, item.until);
      outbox.reply(replyTo, item.id, { type: "done" });
      return;
    }
    try {
      outbox.reply(replyTo, item.id, this.#look(item, at));
    } catch (error) {
      // It changes nothing, so the term can go on.
      this.#refuseDefective(item, textOf(error), replyTo, at, batch, outbox);
    }
  }

  #look(item: Exclude<OwnItem, { type: "watch" | "mark" }>, at: number): ReplyBody {
    const { engine } = this.#setup;
    switch (item.type) {
      case "explain":
        return this.#explain(item, at);
      case "clearance":
        return { type: "clearance", clearance: engine.clearance(item.scope, at) };
      case "semaphores":
        return { type: "semaphores", semaphores: engine.semaphores() };
      default:
        return assertNever(item);
    }
  }

  #explain(item: InboxItemOf<"explain">, at: number): ReplyBody {
    const explanation = this.#setup.engine.explain(item.task, at);
    if (explanation !== null) return { type: "explanation", explanation };
    return {
      type: "refused",
      code: "task_unknown",
      message: `there is no task ${item.task} that has not ended`,
    };
  }

  #refuse({ replyTo, itemId, ...unreadable }: Unreadable, at: number, batch: Batch, outbox: Outbox): void {
    batch.addOops(oopsOfUnreadable(`oops-${this.#setup.newId()}`, unreadable, at));
    if (itemId === null) return;
    outbox.reply(replyTo, itemId, { type: "refused", code: "message_invalid", message: unreadable.problem });
  }

  #refuseSender(refused: RefusedEntry, at: number, batch: Batch, outbox: Outbox): void {
    batch.addOops(oopsOfRefusedEntry(`oops-${this.#setup.newId()}`, refused, at));
    const { item, objection, replyTo } = refused;
    const { topology, space } = this.#setup;
    const asking = replyTo === null ? null : topology.sessionOf(space, replyTo);
    if (item.type === "session.open" && asking !== null) batch.addSessionToAnswer(asking);
    const message = `this user may not send ${item.type}: ${objection}`;
    outbox.reply(replyTo, item.id, { type: "refused", code: "sender_refused", message });
  }

  /** It cannot be carried out through a defect. It is told of and put aside, so that it stops nothing else. */
  #refuseDefective(
    item: InboxItem,
    defect: string,
    replyTo: string | null,
    at: number,
    batch: Batch,
    outbox: Outbox,
  ): void {
    this.#noteDefect(item, defect, at, batch);
    const message = `${item.type} ${item.id} met a defect in Berth; its OOPS tells more`;
    outbox.reply(replyTo, item.id, { type: "refused", code: "internal", message });
  }

  #noteDefect(item: InboxItem, defect: string, at: number, batch: Batch): void {
    batch.addOops(oopsOfDefect(`oops-${this.#setup.newId()}`, item, defect, at));
  }
}

/** What somebody waits for an answer to. */
type Asked = Exclude<OwnItem, { type: "mark" }>;

const ownTypes: ReadonlySet<string> = new Set<Asked["type"]>(["explain", "clearance", "semaphores", "watch"]);

function isOwn(item: Exclude<InboxItem, { type: "mark" }>): item is Asked {
  return ownTypes.has(item.type);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function keepOutput({ task, leg, attempt, report }: InboxItemOf<"report">, batch: Batch): void {
  if (report.type !== "progress" || !leg.startsWith(`${task}.`)) return;
  for (const line of report.output) batch.addLog({ ...line, task, leg, attempt });
}
