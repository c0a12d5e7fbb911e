import { BrokerError } from "../port.ts";
import { accessRefused, isClosedByServer, saysThereIsNone, unreachable } from "./errors.ts";
import type { PendingPublish } from "./pending-publish.ts";

/** What became of one message. */
type Verdict = (publish: PendingPublish) => void;

interface Blame {
  isCulprit(publish: PendingPublish): boolean;
  readonly verdict: Verdict;
}

/**
 * Settles what was sent on a channel that is closed, in the order of sending. When the server closed it because of a message,
 * it has read those before, which may be confirmed or not, and has thrown away those behind: of these it is sure that the broker
 * has none. When anything else is the reason, it is unknown of all.
 */
export function settleLost(
  publishes: Iterable<PendingPublish>,
  reason: Error | null,
  exchangeOf: (publish: PendingPublish) => string,
): void {
  const blame = blameOf(reason, exchangeOf);
  const cause = reason ?? undefined;
  let isPast = false;
  for (const publish of publishes) {
    if (publish.isSettled) continue;
    if (blame?.isCulprit(publish) === true) {
      isPast = true;
      blame.verdict(publish);
    } else if (isPast) {
      publish.reject(unreachable("the channel was closed because of an earlier message", cause));
    } else {
      publish.reject(new BrokerError("outcome_unknown", "The channel ended before the confirm.", { cause }));
    }
  }
}

/** `null`: no message is the reason. */
function blameOf(reason: Error | null, exchangeOf: (publish: PendingPublish) => string): Blame | null {
  if (!isClosedByServer(reason)) return null;
  const size = /message size (\d+) is larger/.exec(reason.message)?.[1];
  if (size !== undefined) {
    return { isCulprit: ({ body }) => body.length === Number(size), verdict: refuse(reason) };
  }
  const named = /exchange '(.*)' in vhost/.exec(reason.message)?.[1];
  if (named === undefined) return null;
  const exchange = named === "amq.default" ? "" : named;
  // All that goes to the same exchange would have the same end.
  const isCulprit = (publish: PendingPublish): boolean => exchangeOf(publish) === exchange;
  if (saysThereIsNone(reason)) return { isCulprit, verdict: (publish) => publish.resolve("unroutable") };
  return reason.code === accessRefused ? { isCulprit, verdict: refuse(reason) } : null;
}

function refuse(cause: Error): Verdict {
  return (publish) => {
    const { queue } = publish.message;
    const message = `The broker refuses the message for "${queue}": ${cause.message}`;
    publish.reject(new BrokerError("access_refused", message, { cause }));
  };
}
