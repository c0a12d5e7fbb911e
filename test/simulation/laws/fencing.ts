import type { InboxItemOf } from "@berth/protocol";
import type { Evidence, Law } from "./evidence.ts";

/**
 * Law 5: a report counts only with the token in force, from the session that has it; any other changes nothing and is
 * told so. Seen from outside: whatever a leg became by a report, its own session has said so under its own token.
 */
export const fencing: Law = {
  name: "5, fencing",
  needsMemory: true,
  onEnd: (evidence) => [...unjustified(evidence), ...untold(evidence)],
};

function unjustified({ history }: Evidence): string[] {
  const said = new Set<string>();
  for (const { item } of history.asked) {
    if (item.type === "report" && (item.report.type === "started" || item.report.type === "finished"))
      said.add(key(item));
  }
  return history.durables.flatMap(({ changes }) =>
    changes.flatMap((change) => {
      if (change.type !== "leg") return [];
      const { id, state, token, session, joined } = change.leg;
      if (joined !== null || (state !== "running" && state !== "succeeded")) return [];
      if (token === null || session === null || said.has(`${id} ${token} ${session}`)) return [];
      return [`${id} became ${state} under ${token}, and session ${session} never said so`];
    }),
  );
}

/** A report that was never in force while it was on its way must be refused, or prove the end of a quarantine. */
function untold({ history }: Evidence): string[] {
  const inForce = new Set<string>();
  for (const { changes } of history.durables) {
    for (const change of changes) {
      if (change.type === "leg" && change.leg.session !== null && change.leg.token !== null)
        inForce.add(`${change.leg.id} ${change.leg.token} ${change.leg.session}`);
      if (change.type === "quarantine") {
        const { leg, token, session } = change.quarantine;
        inForce.add(`${leg} ${token} ${session}`);
      }
    }
  }
  const refused = new Set(
    history.sent.flatMap((sent) => (sent.type === "reply" && sent.body.type === "refused" ? [sent.id] : [])),
  );
  return history.sent.flatMap((sent) => {
    if (sent.type !== "ack") return [];
    return sent.items.flatMap((item) => {
      if (item.type !== "report" || inForce.has(key(item)) || refused.has(item.id)) return [];
      // Who forged it may not hear of it: see the law of identity.
      if (history.forged.has(item.id)) return [];
      return [
        `the report ${item.id} of ${item.leg} under ${item.token} was never in force, and nobody said so`,
      ];
    });
  });
}

function key({ leg, token, session }: InboxItemOf<"report">): string {
  return `${leg} ${token} ${session}`;
}
