import type { Poison } from "./basics.ts";
import type { Stage } from "./stage.ts";
import type { Findings } from "./story.ts";

/** The tentacle gets the version in which what was missing is there: what was parked comes back by itself. */
export async function upgradeTheTentacle(
  stage: Stage,
  poison: Poison,
  upgrade: () => Promise<void>,
): Promise<Pick<Findings, "releasedByNewVersion">> {
  stage.tell("7. The tentacle is upgraded to a version that brings what the crashing jobs were missing.");
  const before = Date.now();
  await upgrade();
  const states = [];
  for (const task of poison.tasks)
    states.push((await stage.client.waitFor(task, { throughParked: true })).state);
  const starts: number[] = [];
  for (const task of poison.tasks) {
    const [run] = (await stage.evidence.runsOf(task)).filter((each) => each.startedAt >= before);
    starts.push(run?.startedAt ?? Number.NaN);
  }
  const [canary = Number.NaN, ...rest] = starts.sort((one, other) => one - other);
  stage.tell(
    `   Nobody released them. One went first; ${rest.length} more followed when it had succeeded, ${(rest[0] ?? Number.NaN) - canary} ms later.`,
  );
  return {
    releasedByNewVersion:
      states.every((state) => state === "succeeded") && starts.every((at) => at >= before),
  };
}
