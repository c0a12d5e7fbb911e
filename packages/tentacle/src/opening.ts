import { BrokerError } from "@berth/broker";
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
  readonly inbox: Inbox;
  readonly control: Control;
  readonly controlQueue: ControlQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpeningReply {
  readonly body: ReplyBody;
  /** When the first request was sent, on the steady clock: nobody knows which of them the answer is to. */
  readonly sentMs: number;
}

/**
 * Asks the server for a session until it answers, always under the same id, so that it opens one and no more. `null`: the
 * signal was aborted before. Rejects with `BrokerError` `broker_stopped`, since then nobody will ever answer.
 */
export async function askForSession(
  item: InboxItemOf<"session.open">,
  { inbox, control, controlQueue, clock, logger }: OpeningSetup,
  signal: AbortSignal,
): Promise<OpeningReply | null> {
  const { answer, forget } = control.answerTo(item.id);
  const sentMs = clock.steadyMs();
  for (let answerMs = answerMsFirst; !signal.aborted; answerMs = Math.min(2 * answerMs, answerMsLast)) {
    let problem: unknown;
    try {
      await inbox.send([item], false);
    } catch (error) {
      if (error instanceof BrokerError && error.code === "broker_stopped") throw error;
      problem = error;
    }
    const body = await answerWithin(answerMs, answer, controlQueue, signal);
    if (body !== undefined) return { body, sentMs };
    if (!signal.aborted) {
      logger.warn({ err: problem }, "the server has not opened a session yet; it is asked again");
    }
  }
  forget();
  return null;
}

/** The queue of answers is looked for from each request on, since the server makes it when it reads one. */
async function answerWithin(
  delayMs: number,
  answer: Promise<ReplyBody>,
  controlQueue: ControlQueue,
  signal: AbortSignal,
): Promise<ReplyBody | undefined> {
  const over = new AbortController();
  const isOver = AbortSignal.any([signal, over.signal]);
  const never = new Promise<undefined>(() => {});
  const listening = controlQueue.consumeWhenThere(isOver).then(() => never);
  listening.catch(() => {});
  try {
    return await Promise.race([answer, listening, pause(delayMs, isOver).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
