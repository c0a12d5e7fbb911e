// What waits, waits for a reason, and the reason that people are told is the one that counts.
import type { CauseCode, LegExplanation } from "@berth/engine";
import { broken, type Law } from "./check.ts";
import { covering } from "./covering.ts";

const causesOfBypass: ReadonlySet<CauseCode> = new Set<CauseCode>([
  "not-yet",
  "children",
  "held",
  "joined",
  "rollout-full",
  // Of the lane of the space: named ones and the cap are not for it.
  "semaphore-full",
  "offline",
  "lane-full",
  "behind",
  "together",
]);

/** Law 11, and that nothing that could start is left waiting. */
const everyWaitHasACause: Law = ({ command, engine, stored }) => {
  for (const task of engine.records().tasks) {
    const explanation = engine.explain(task.id, command.at);
    if (explanation === null) broken("11, one explanation", `${task.id} is alive and cannot be explained`);
    for (const leg of explanation.legs) {
      const waits = leg.state === "waiting" || leg.state === "parked";
      if (waits !== leg.causes.length > 0)
        broken("11, one explanation", `${leg.leg} is ${leg.state} with ${leg.causes.length} causes`);
      bypassWaitsForItsLaneOnly(leg);
    }
  }
  for (const leg of stored.liveLegs().filter(({ state }) => state === "waiting")) {
    const legs = engine.explain(leg.task, command.at)?.legs ?? [];
    const explained = legs.find((each) => each.leg === leg.id)?.causes ?? [];
    const told = explained.flatMap(({ code, blockers }) =>
      code === "held" ? blockers.map(({ id }) => id) : [],
    );
    const real = covering(stored, leg, command.at);
    if (told.sort().join() !== real.sort().join())
      broken("7, holds", `${leg.id} is covered by [${real}], and explained with [${told}]`);
  }
};

/** Law 2. */
function bypassWaitsForItsLaneOnly(leg: LegExplanation): void {
  if (leg.mode !== "bypass" || leg.state !== "waiting") return;
  for (const { code, blockers } of leg.causes) {
    const isOfSpace = code !== "semaphore-full" || blockers.every(({ id }) => id.startsWith("lane."));
    if (!causesOfBypass.has(code) || !isOfSpace)
      broken("2, bypass", `${leg.leg} bypasses, and waits because ${code}`);
  }
}

/** No timer is left behind. */
const timersFire: Law = ({ command, engine }) => {
  if (command.type === "tick" && engine.nextTimerAt !== null && engine.nextTimerAt <= command.at)
    broken("10, freed in time", `a timer of ${engine.nextTimerAt} did not fire at ${command.at}`);
};

export const waitingLaws: readonly Law[] = [everyWaitHasACause, timersFire];
