// Reports that come too late: each says that an attempt which is long over has succeeded. They are sent as the server's own user, who may
// say anything, so that only the token stands between them and the task.
import type { LegView, TaskView } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { ScriptRun } from "../support/crash/evidence.ts";
import { isForgotten } from "../support/crash/forgotten.ts";
import type { ChaosWorld } from "./world.ts";

export interface Stale {
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  readonly token: string;
  readonly session: string;
}

const most = 20;

/** Some of each kind that there are now: of attempts that were followed by another one, and of tasks that have ended. */
export async function findStale(world: ChaosWorld): Promise<Stale[]> {
  const tasks = await world.tasks();
  return [...superseded(world, tasks).slice(-most), ...ended(tasks).slice(0, most)];
}

/** Whatever is broken at this time. */
export async function sendStaleReports(world: ChaosWorld, stale: readonly Stale[]): Promise<void> {
  await Promise.all(
    stale.map(async ({ leg, token, ...report }) => {
      const answer = await world.inbox
        .request(world.space, {
          ...{ type: "report", id: newItemId(), leg, token, ...report },
          report: { type: "finished", outcome: { type: "succeeded", exitCode: 0 } },
        })
        // Nobody answers while something is broken; that it changed nothing is seen at the end.
        .catch(() => null);
      if (answer !== null) world.staleReports.push({ leg, token, answer });
    }),
  );
}

/** Tokens only grow, so each but the greatest of a leg is over. Which one counts is not known where the store forgot. */
function superseded({ stack, forgotten }: ChaosWorld, tasks: readonly TaskView[]): Stale[] {
  const legs = new Map(tasks.flatMap((task) => task.legs.map((leg) => [leg.id, leg] as const)));
  const runs = stack.evidence.runs().filter(({ startedAt }) => !isForgotten(forgotten, startedAt));
  return runs.flatMap((run) => {
    const leg = legs.get(run.leg);
    if (leg === undefined || !isOver(run, leg)) return [];
    const { task, attempt, token } = run;
    return [{ task, leg: run.leg, attempt, token, session: leg.session ?? "tentacle-1.gone" }];
  });
}

function isOver(run: ScriptRun, leg: LegView): boolean {
  return leg.token !== null && run.token < leg.token && leg.cancel === null;
}

/** Not of one that was cancelled: a report that proves the end of what keeps its slot shut is welcome at any time. */
function ended(tasks: readonly TaskView[]): Stale[] {
  return tasks.flatMap(({ id: task, legs }) =>
    legs.flatMap(({ id: leg, state, token, session, attempt, cancel }) => {
      if (token === null || session === null || attempt === 0 || cancel !== null) return [];
      if (state !== "succeeded" && state !== "failed" && state !== "parked") return [];
      return [{ task, leg, attempt, token, session }];
    }),
  );
}
