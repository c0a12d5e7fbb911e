// What is stored is enough to go on: a new owner has the same state, and nothing to decide that was not decided.
import { type Change, Engine, type Explanation, type HoldScope } from "@berth/engine";
import { broken, type Law } from "./check.ts";
import { canonical, type StoredRecords } from "./stored.ts";

/** Greater than all that a test counts, so that the owner which is only tried out never looks like a real one. */
const triedEpoch = 99;

const sameAfterReload: Law = ({ command, engine, stored }) => {
  const records = structuredClone(stored.live());
  const next = new Engine({ records, epoch: triedEpoch, at: command.at });
  const decisions = next.apply({ type: "resend", id: "reload", at: command.at, random: 0 });
  if (beginsReleases(decisions.changes, stored)) return;
  if (decisions.changes.length > 0)
    broken("3, nothing lost", `a new owner decides otherwise: ${JSON.stringify(decisions.changes)}`);
  if (canonical(next.records()) !== canonical(engine.records()))
    broken("3, nothing lost", "a new owner has other records");
  for (const { id } of stored.live().tasks) {
    const [one, other] = [engine.explain(id, command.at), next.explain(id, command.at)].map(comparable);
    if (one !== other) broken("3, nothing lost", `a new owner explains ${id} otherwise: ${one} / ${other}`);
  }
  const [known, found] = [engine, next].map((each) => overview(each, command.at));
  if (known !== found) broken("3, nothing lost", `a new owner sees ${found} instead of ${known}`);
  const missing = stored
    .liveLegs()
    .filter(
      ({ state, token }) =>
        state === "granted" &&
        !decisions.effects.some((effect) => "token" in effect && effect.token === token),
    );
  if (missing.length > 0) broken("3, nothing lost", `a new owner does not deliver ${missing[0]?.id} again`);
};

/**
 * How far the release of what was parked has come is not stored. Where nothing of it is under way, a new owner may begin with another
 * canary, one of each problem.
 */
function beginsReleases(changes: readonly Change[], stored: StoredRecords): boolean {
  const legs = changes.flatMap((change) => (change.type === "leg" ? [change.leg] : []));
  const parkings = legs.map(({ id }) => stored.legs.get(id)).filter((leg) => leg?.state === "parked");
  const problems = new Set(parkings.map((leg) => leg?.parking?.fingerprint));
  const areFailures = parkings.every((leg) => leg?.parking?.for === "failures");
  return legs.length > 0 && problems.size === legs.length && areFailures;
}

/** How full every semaphore is, and who runs where until when: what one owner counts as it goes, and the next all at once. */
function overview(engine: Engine, at: number): string {
  const { running, quarantines, ...clearance } = engine.clearance(everything, at);
  const lists = [engine.semaphores(), running, quarantines];
  return JSON.stringify([clearance, ...lists.map((list) => list.map((each) => JSON.stringify(each)).sort())]);
}

const everything: HoldScope = { kinds: [], names: [], targets: [], tags: [] };

/** Who of several holders is named first may differ. */
function comparable(explanation: Explanation | null): string {
  return JSON.stringify(explanation, (key, value: unknown) =>
    key === "blockers" && Array.isArray(value)
      ? value.map((blocker) => JSON.stringify(blocker)).sort()
      : key === "summary" || key === "message"
        ? undefined
        : value,
  );
}

export const reloadLaws: readonly Law[] = [sameAfterReload];
