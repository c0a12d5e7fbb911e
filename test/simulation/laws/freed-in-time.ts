import type { History } from "../history.ts";
import type { Evidence, Law } from "./evidence.ts";

const marginMs = 1_000;
/** For so long before, whatever befell a dispatcher, the store or the broker may still have its effect. */
const aftermathMs = 6_000;

/**
 * Law 10: a session that is not heard of any more is over within a lease and a second, and not before the lease ended.
 * Nothing is promised while there is nobody to listen: so sessions that fall silent around a fault of a dispatcher, its
 * clock, the store or the broker are left out.
 */
export const freedInTime: Law = {
  name: "10, freed in time",
  needsMemory: true,
  onEnd: (evidence) => {
    const { history } = evidence;
    const ends = endsOf(history);
    const heard = lastHeard(history, ends);
    const told = toldOver(history);
    const findings: string[] = [];
    for (const [session, endedAt] of ends) {
      const heardAt = heard.get(session);
      if (heardAt === undefined || told.has(session)) continue;
      findings.push(...judgeEnd(evidence, session, heardAt, endedAt));
    }
    return findings;
  },
};

function judgeEnd(
  { history, leaseMs }: Evidence,
  session: string,
  heardAt: number,
  endedAt: number,
): string[] {
  const isDisturbed = history.faults.some(
    ({ at, what }) =>
      !what.startsWith("tentacle") && at > heardAt - aftermathMs && at < heardAt + leaseMs + marginMs,
  );
  if (isDisturbed) return [];
  const afterMs = endedAt - heardAt;
  if (afterMs < leaseMs) return [`session ${session} was over ${afterMs} ms after it had been heard of`];
  if (afterMs > leaseMs + marginMs)
    return [`session ${session} was over only ${afterMs} ms after it fell silent`];
  return [];
}

/**
 * When a dispatcher last took something from the inbox that lengthens the lease. One that is asked for again after its end is
 * opened anew under the same id, and its tentacle does without it: what is heard then is no part of the life that ended.
 */
function lastHeard(history: History, ends: ReadonlyMap<string, number>): Map<string, number> {
  const heard = new Map<string, number>();
  for (const sent of history.sent) {
    if (sent.type !== "ack") continue;
    for (const item of sent.items) {
      if (item.type !== "session.beat" && item.type !== "session.open") continue;
      const { receivedAt } = sent;
      if (receivedAt <= (ends.get(item.session) ?? receivedAt)) heard.set(item.session, receivedAt);
    }
  }
  return heard;
}

/** Sessions that said themselves that they are over, or whose successors did: their end needs no lease. */
function toldOver(history: History): Set<string> {
  const told = new Set<string>();
  for (const { item } of history.asked) {
    if (item.type === "session.close") told.add(item.session);
    if (item.type === "session.open") for (const id of item.succeeds) told.add(id);
  }
  return told;
}

function endsOf(history: History): Map<string, number> {
  const ends = new Map<string, number>();
  for (const { at, changes } of history.durables)
    for (const change of changes) if (change.type === "session.ended") ends.set(change.id, at);
  return ends;
}
