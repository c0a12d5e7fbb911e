import { SummaryView, TaskState } from "@berth/protocol";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";
import { isActive } from "../view.ts";

export function summaryOperations({ store, clock }: ApiSetup): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/v1/:space/summary",
      summary: "The space in numbers.",
      answer: SummaryView,
      handle: async ({ space }): Promise<SummaryView> => {
        const [counts, targets, sessions, quarantines, holds] = await Promise.all([
          store.taskCounts(space),
          store.targets(space),
          store.sessions(space),
          store.quarantines(space),
          store.holds(space),
        ]);
        const served = new Set(sessions.flatMap((session) => session.targets));
        const now = clock();
        const tasks = Object.fromEntries(TaskState.options.map((state) => [state, counts[state] ?? 0]));
        return {
          space,
          tasks: tasks as SummaryView["tasks"],
          parked: counts.parked ?? 0,
          targets: targets.length,
          targetsOnline: targets.filter(({ id }) => served.has(id)).length,
          quarantines: quarantines.length,
          holdsActive: holds.filter((hold) => isActive(hold, now)).length,
        };
      },
    }),
  ];
}
