import { type Holding, overlaps } from "../../support/laws/exclusion.ts";
import type { Law } from "./evidence.ts";

/** Law 1, of what really ran: on a slot at any instant one exclusive run and no other, or any number of shared ones. */
export const exclusion: Law = {
  name: "1, exclusion",
  needsMemory: true,
  onEnd: ({ history, stored }) =>
    overlaps(
      history.runs.flatMap((run): Holding[] => {
        const mode = stored.legs.get(run.leg)?.mode;
        const mutex = stored.tasks.get(run.task)?.mutex;
        if (mode === undefined || mode === "bypass") return [];
        const label = `${mode} run of ${run.leg} (${run.token}) on ${run.session}`;
        const until = run.until ?? Number.POSITIVE_INFINITY;
        return [{ slot: `${run.target}/${mutex}`, mode, from: run.from, until, label }];
      }),
    ),
};

/** Nothing that was never stored is ever run: then nobody could know of it. */
export const knownRuns: Law = {
  name: "9, durable first",
  needsMemory: true,
  onEnd: ({ history, stored, forgettable }) =>
    history.runs
      .filter(({ leg, task }) => !stored.legs.has(leg) && !forgettable.has(task))
      .map(({ leg, token }) => `leg ${leg} ran under ${token}, and was never stored`),
};
