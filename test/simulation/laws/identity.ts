import type { ReplyBody } from "@berth/protocol";
import type { Law } from "./evidence.ts";

/** Nobody speaks for another: what is forged is refused, and told of, and whoever is honest is not refused. */
export const identity: Law = {
  name: "identity",
  needsMemory: false,
  onEnd: ({ history, stored }) => {
    const replies = history.sent.filter((sent) => sent.type === "reply" && history.forged.has(sent.id));
    const carriedOut = replies.flatMap((sent) =>
      sent.type === "reply" && sent.body.type !== "refused" && !isOfUnknownTargets(sent.body)
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

/** To serve what nobody has put yet is allowed, and brings nothing: see who may serve it when it comes. */
function isOfUnknownTargets(body: ReplyBody): boolean {
  return body.type === "session" && body.targetsUnknown.length > 0;
}
