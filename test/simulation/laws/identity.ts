import type { ReplyBody } from "@berth/protocol";
import type { Asked, History } from "../history.ts";
import type { Law } from "./evidence.ts";

/** Nobody speaks for another: what is forged is refused, and told of, and whoever is honest is not refused. */
export const identity: Law = {
  name: "identity",
  needsMemory: false,
  onEnd: ({ history, stored }) => {
    const replies = history.sent.filter((sent) => sent.type === "reply" && history.forged.has(sent.id));
    const putAt = whenTargetsWerePut(history);
    const carriedOut = replies.flatMap((sent) =>
      sent.type === "reply" &&
      sent.body.type !== "refused" &&
      !isOfUnknownTargets(sent.body, history.forged.get(sent.id), putAt)
        ? [`${sent.id} was forged, and was answered with ${JSON.stringify(sent.body)}`]
        : [],
    );
    const misdirected = replies.flatMap((sent) =>
      sent.type === "reply" && !sent.queue.includes("/session/forger.")
        ? [`the answer to ${sent.id} went to ${sent.queue}`]
        : [],
    );
    const unjust = [...stored.oopses.values()].flatMap(({ type, value }) =>
      type === "SenderRefused" && !value.includes(" forged-") ? [value] : [],
    );
    return [...carriedOut, ...misdirected, ...unjust];
  },
};

/**
 * To name what nobody has put yet is allowed, and brings nothing: see who may serve it when it comes. To name what is another's by
 * then is refused.
 */
function isOfUnknownTargets(
  body: ReplyBody,
  asked: Asked | undefined,
  putAt: ReadonlyMap<string, number>,
): boolean {
  if (body.type !== "session" || body.targetsUnknown.length === 0) return false;
  if (asked?.item.type !== "session.open") return false;
  return asked.item.targets.every((target) => (putAt.get(target) ?? asked.at) >= asked.at);
}

/** A store that went backwards may have forgotten any of them. */
function whenTargetsWerePut({ durables, storeLosses }: History): Map<string, number> {
  const putAt = new Map<string, number>();
  if (storeLosses.length > 0) return putAt;
  for (const { at, changes } of durables) {
    for (const change of changes)
      if (change.type === "target" && !putAt.has(change.target.id)) putAt.set(change.target.id, at);
  }
  return putAt;
}
