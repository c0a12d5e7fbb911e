// Liveness: when nothing is in the way any more and every tentacle behaves, everything ends.
import type { LegRecord } from "@berth/engine";
import { broken } from "../laws/decisions/check.ts";
import type { RandomSpace } from "./space.ts";

const roundsMax = 2_000;

/** Everything is freed, and well-behaved tentacles serve every target until nothing is alive. Throws where something never ends. */
export function finishEverything(space: RandomSpace): void {
  const { stored } = space;
  space.apply({ type: "tick" });
  for (const hold of [...stored.holds.keys()]) space.apply({ type: "hold.lift", hold, by: "anna" });
  for (const target of stored.targets.keys()) openSession(space, target);
  for (let round = 0; round < roundsMax; round++) {
    for (const { target, mutex } of [...stored.quarantines.values()])
      space.apply({ type: "quarantine.release", target, mutex, by: "anna" });
    const legs = stored.liveLegs();
    if (legs.length === 0) return;
    for (const leg of legs) moveOn(space, leg);
    for (const session of [...stored.sessions.keys()]) space.apply({ type: "session.beat", session });
    space.at = Math.max(space.at, Math.min(space.nextTimerAt ?? space.at, space.at + 5_000));
    space.apply({ type: "tick" });
  }
  const stuck = stored.liveLegs().map((leg) => `${leg.id} is ${leg.state}`);
  broken("liveness", `these never end: ${stuck.join(", ")}`);
}

function openSession(space: RandomSpace, target: string): void {
  const name = `last-${target}`;
  const targets = [target];
  space.apply({
    type: "session.open",
    session: name,
    user: null,
    tentacle: name,
    version: "2.0",
    targets,
    capacity: 1,
    succeeds: [],
    knows: [],
  });
}

/** What its tentacle, or an operator, does for one leg. */
function moveOn(space: RandomSpace, { id, task }: LegRecord): void {
  const leg = space.stored.legs.get(id) as LegRecord;
  if (leg.state === "parked") space.apply({ type: "release", task, by: "anna" });
  if (leg.token === null || !["granted", "running", "cancelling"].includes(leg.state)) return;
  const { token } = leg;
  const session = leg.session ?? `last-${leg.target}`;
  if (leg.session === null) space.apply({ type: "claim", session, leg: id, token });
  if (space.stored.legs.get(id)?.token !== token) return;
  const outcome =
    leg.state === "cancelling"
      ? ({ type: "canceled" } as const)
      : ({ type: "succeeded", exitCode: 0 } as const);
  space.apply({ type: "report", session, leg: id, token, report: { type: "finished", outcome } });
}
