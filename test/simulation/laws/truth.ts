import { isEndState } from "@berth/engine";
import type { Run } from "../history.ts";
import type { Evidence, Law } from "./evidence.ts";

/** Law 8: an end state never changes; nothing succeeded that did not; a deploy is never run again blindly. */
export const truth: Law = {
  name: "8, truth",
  needsMemory: true,
  onCommit: ({ stored, was }) =>
    [...was].flatMap(([id, before]) => {
      const now = stored.legs.get(id);
      if (before === undefined || !isEndState(before.state) || now?.state === before.state) return [];
      return [`leg ${id} was ${before.state} and is ${now?.state}`];
    }),
  onEnd: (evidence) => [...falseSuccesses(evidence), ...blindRepetitions(evidence)],
};

function falseSuccesses({ history, stored }: Evidence): string[] {
  const succeeded = new Set(
    history.runs.flatMap(({ end, leg, token }) => (end === "succeeded" ? `${leg} ${token}` : [])),
  );
  return [...stored.legs.values()]
    .filter(({ state, token, joined }) => state === "succeeded" && token !== null && joined === null)
    .filter(({ id, token }) => !succeeded.has(`${id} ${token}`))
    .map(({ id, token }) => `${id} is succeeded, and no run under ${token} has succeeded`);
}

/** Between two runs of a deploy its result has come in, or a person has said so. */
function blindRepetitions({ history, stored }: Evidence): string[] {
  const told = new Set<string>();
  const releases = Map.groupBy(
    history.asked.filter(({ item }) => item.type === "release"),
    ({ item }) => (item.type === "release" ? item.task : ""),
  );
  for (const { item } of history.asked) {
    if (item.type === "report" && item.report.type === "finished") told.add(`${item.leg} ${item.token}`);
  }
  const findings: string[] = [];
  for (const runs of Map.groupBy(history.runs, ({ leg }) => leg).values()) {
    const [first] = runs;
    if (first === undefined || stored.tasks.get(first.task)?.kind !== "deploy") continue;
    const isReleased = (from: Run, to: Run): boolean =>
      releases.get(from.task)?.some(({ at }) => at > from.from && at < to.from) === true;
    for (const [index, next] of runs.slice(1).entries()) {
      const run = runs[index] as Run;
      if (told.has(`${run.leg} ${run.token}`) || isReleased(run, next)) continue;
      findings.push(
        `${run.leg} ran again under ${next.token}, and nobody knew how it ended under ${run.token}`,
      );
    }
  }
  return findings;
}
