import { type Broker, BrokerError } from "@berth/broker";
import type { InboxItemOf, ReplyBody } from "@berth/protocol";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Control } from "./control.ts";
import type { ControlQueue } from "./control-queue.ts";
import type { Inbox } from "./inbox.ts";
import { pause } from "./timing.ts";

/** The first wait for an answer, and the longest one. */
const answerMsFirst = 1_000;
const answerMsLast = 10_000;

export interface OpeningSetup {
  readonly broker: Pick<Broker, "onMessagesLost">;
  readonly inbox: Inbox;
  readonly control: Control;
  readonly controlQueue: ControlQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpeningReply {
  readonly body: ReplyBody;
  /**
   * When the first request was sent that may have reached the server, on the steady clock: nobody knows which of them the
   * answer is to.
   */
  readonly sentMs: number;
}

/**
 * Asks the server for a session until it answers, always under the same id, so that it opens one and no more. When the
 * broker is there again it is asked at once: what was sent before may be lost. `null`: the signal was aborted before.
 * Rejects with `BrokerError` `broker_stopped`, since then nobody will ever answer.
 */
export async function askForSession(
  item: InboxItemOf<"session.open">,
  setup: OpeningSetup,
  signal: AbortSignal,
): Promise<OpeningReply | null> {
  const { broker, control, clock, logger } = setup;
  const { answer, forget } = control.answerTo(item.id);
  let reconnect = Promise.withResolvers<"reconnected">();
  const stopListening = broker.onMessagesLost(() => reconnect.resolve("reconnected"));
  let sentMs: number | null = null;
  try {
    for (let answerMs = answerMsFirst; !signal.aborted; ) {
      const nowMs = clock.steadyMs();
      const problem = await problemOfSending(item, setup);
      if (mayHaveArrived(problem)) sentMs ??= nowMs;
      const answers: Promise<ReplyBody | "reconnected">[] = [answer, reconnect.promise];
      const outcome = await answerWithin(answerMs, answers, setup, signal);
      if (outcome === "reconnected") {
        reconnect = Promise.withResolvers();
        answerMs = answerMsFirst;
        continue;
      }
      if (outcome !== undefined) return { body: outcome, sentMs: sentMs ?? nowMs };
      if (!signal.aborted)
        logger.warn({ err: problem }, "the server has not opened a session yet; it is asked again");
      answerMs = Math.min(2 * answerMs, answerMsLast);
    }
  } finally {
    stopListening();
  }
  forget();
  return null;
}

async function problemOfSending(
  item: InboxItemOf<"session.open">,
  { inbox }: OpeningSetup,
): Promise<unknown> {
  try {
    await inbox.send([item], false);
    return undefined;
  } catch (error) {
    if (error instanceof BrokerError && error.code === "broker_stopped") throw error;
    return error;
  }
}

/** Else it is certain that the server has not opened a session for this request. */
function mayHaveArrived(problem: unknown): boolean {
  return problem === undefined || (problem instanceof BrokerError && problem.code === "outcome_unknown");
}

/** The queue of answers is looked for from each request on, since the server makes it when it reads one. */
async function answerWithin<Answer>(
  delayMs: number,
  answers: readonly Promise<Answer>[],
  { controlQueue }: OpeningSetup,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const over = new AbortController();
  const isOver = AbortSignal.any([signal, over.signal]);
  const never = new Promise<undefined>(() => {});
  const listening = controlQueue.consumeWhenThere(isOver).then(() => never);
  listening.catch(() => {});
  try {
    return await Promise.race([...answers, listening, pause(delayMs, isOver).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
