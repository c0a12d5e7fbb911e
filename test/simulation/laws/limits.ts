import type { LegRecord, SessionRecord } from "@berth/engine";
import { laneLimit, lineOf } from "./eligible.ts";
import { holding, type Law, type Step } from "./evidence.ts";
import { goesOn, grantsIn } from "./passing.ts";

/** Law 2: of what bypasses, no more runs on a target than its lane takes. */
export const lanes: Law = {
  name: "2, bypass",
  needsMemory: true,
  onCommit: (step) => {
    const { stored } = step;
    const put = changedTargets(step);
    const holders = Map.groupBy(
      stored.liveLegs().filter(({ mode, state }) => mode === "bypass" && holding.has(state)),
      (leg) => lineOf(leg, stored),
    );
    return takersIn(step).flatMap((leg) => {
      if (leg.mode !== "bypass" || put.has(leg.target)) return [];
      const count = holders.get(lineOf(leg, stored))?.length ?? 0;
      const limit = laneLimit(stored.taskOf(leg).kind, stored.targets.get(leg.target)?.policy ?? {});
      return count <= limit ? [] : [`${leg.id} was granted, and ${count} are in a lane of ${limit}`];
    });
  },
};

/** What was granted in this commit, still holds its grant, and did not hold its line before. */
function takersIn(step: Step): LegRecord[] {
  return grantsIn(step).filter((leg) => holding.has(leg.state) && !goesOn(step, leg));
}

function changedTargets({ durable }: Step): Set<string> {
  return new Set(durable.changes.flatMap((change) => (change.type === "target" ? [change.target.id] : [])));
}

/** A session is granted no more than it takes at once, and nothing while it drains. What it claims was promised to its pool. */
export const capacity: Law = {
  name: "capacity and draining",
  needsMemory: true,
  onCommit: (step) => {
    const { stored, durable } = step;
    const fresh = new Set(
      durable.changes.flatMap((change) => (change.type === "session" ? [change.session.id] : [])),
    );
    return takersIn(step).flatMap((leg) => {
      const session = leg.session === null ? undefined : stored.sessions.get(leg.session);
      if (session === undefined) return [];
      if (session.draining && !fresh.has(session.id))
        return [`${leg.id} was granted to ${session.id}, which drains`];
      const load = loadOf(session, step);
      if (leg.mode === "bypass" || load <= session.capacity) return [];
      return [`${session.id} got ${leg.id}, and has ${load} tasks of ${session.capacity}`];
    });
  },
};

/** How much it holds, besides what it claimed in this commit. */
function loadOf(session: SessionRecord, { stored, was }: Step): number {
  return stored.liveLegs().filter((leg) => {
    if (leg.session !== session.id || leg.mode === "bypass" || !holding.has(leg.state)) return false;
    const before = was.get(leg.id);
    return before === undefined || before.token !== leg.token || before.session !== null;
  }).length;
}

/** Law 1, of the grants: a slot is held by one exclusive leg or by shared ones, and by none that starts while it is shut. */
export const slots: Law = {
  name: "1, exclusion",
  needsMemory: true,
  onCommit: (step) => {
    const { stored, quarantinesBefore } = step;
    const shut = new Set(
      [...stored.quarantines.values()]
        .filter(({ token }) => quarantinesBefore.has(token))
        .map(({ target, mutex }) => `slot ${target}/${mutex}`),
    );
    const inShut = takersIn(step)
      .filter((leg) => shut.has(lineOf(leg, stored)))
      .map((leg) => `${leg.id} was granted ${leg.token} in a slot that is quarantined`);
    return [...inShut, ...heldTwice(step)];
  },
};

function heldTwice({ stored }: Step): string[] {
  const holders = stored.liveLegs().filter(({ mode, state }) => mode !== "bypass" && holding.has(state));
  return [...Map.groupBy(holders, (leg) => lineOf(leg, stored))].flatMap(([line, legs]) =>
    legs.length > 1 && legs.some(({ mode }) => mode === "exclusive")
      ? [`${legs.map(({ id, mode }) => `${id} (${mode})`).join(", ")} hold ${line}`]
      : [],
  );
}

/** Law 10: with a session, its legs go in the same commit. */
export const givenUp: Law = {
  name: "10, freed in time",
  needsMemory: false,
  onCommit: ({ stored, durable }) => {
    const gone = new Set(
      durable.changes.flatMap((change) =>
        change.type === "session.ended" && !stored.sessions.has(change.id) ? [change.id] : [],
      ),
    );
    if (gone.size === 0) return [];
    return stored
      .liveLegs()
      .filter(({ state, session }) => holding.has(state) && session !== null && gone.has(session))
      .map(({ id, state, session }) => `${id} is ${state} of ${session}, which has ended`);
  },
};
