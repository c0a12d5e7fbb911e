import type { OopsRecord } from "@berth/engine";
import type { Law } from "./evidence.ts";

/** Law 6: each failed attempt makes exactly one OOPS, in the commit that says that it failed. */
export const oneOops: Law = {
  name: "6, OOPS",
  needsMemory: true,
  onCommit: ({ stored, was, durable }) => {
    const oopses = durable.changes.flatMap((change) => (change.type === "oops" ? [change.oops] : []));
    const byLeg = Map.groupBy(oopses, ({ leg }) => leg);
    return [...was].flatMap(([id, before]) => {
      // A canary comes back with all but one of its attempts used up, without having failed again.
      if (before?.state === "parked") return [];
      const failed = (stored.legs.get(id)?.failures ?? 0) - (before?.failures ?? 0);
      const recorded = byLeg.get(id)?.length ?? 0;
      if (failed <= 0 || recorded === failed) return [];
      return [`${failed} attempts of ${id} failed in commit ${durable.sequence}, with ${recorded} OOPS`];
    });
  },
  onEnd: ({ history, stored }) => {
    const byGrant = Map.groupBy(stored.oopses.values(), ({ leg, token }) => `${leg} ${token}`);
    const twice = [...byGrant.values()].flatMap((list) => tooMany(list));
    const unrecorded = history.runs.filter(
      ({ end, leg, token }) => end === "error" && !byGrant.has(`${leg} ${token}`),
    );
    return [
      ...twice,
      ...unrecorded
        .filter(
          ({ leg }) => stored.legs.get(leg)?.state === "succeeded" && stored.legs.get(leg)?.failures === 0,
        )
        .map(({ leg, token }) => `the run of ${leg} under ${token} failed, and there is no OOPS of it`),
    ];
  },
};

function tooMany(list: readonly OopsRecord[]): string[] {
  const [first] = list;
  if (first === undefined || first.leg === null || list.length === 1) return [];
  return [
    `the attempt of ${first.leg} under ${first.token} has ${list.length} OOPS: ${list.map(({ type }) => type)}`,
  ];
}

/** What only a defect of Berth can lead to. */
export const noDefect: Law = {
  name: "no defect",
  needsMemory: false,
  onEnd: ({ stored }) =>
    [...stored.oopses.values()]
      .filter(({ type }) => type === "EngineDefect" || type === "MessageRefused")
      .map(({ type, value, text }) => `${type}: ${value} ${text?.slice(0, 600)}`),
};
