import type { World } from "../world.ts";
import { deadlines } from "./deadlines.ts";
import { durableFirst } from "./durable-first.ts";
import { judge, type Law } from "./evidence.ts";
import { exclusion, knownRuns } from "./exclusion.ts";
import { explanation } from "./explanation.ts";
import { fencing } from "./fencing.ts";
import { freedInTime } from "./freed-in-time.ts";
import { holds, order } from "./grants.ts";
import { identity } from "./identity.ts";
import { capacity, givenUp, lanes, slots } from "./limits.ts";
import { nothingLost } from "./nothing-lost.ts";
import { numbers } from "./numbers.ts";
import { noDefect, oneOops } from "./oops.ts";
import { families, passing, permits, rollouts, superseding } from "./plans.ts";
import { truth } from "./truth.ts";
import { nothingIdle } from "./waiting.ts";

export interface Violation {
  readonly law: string;
  readonly what: string;
}

const laws: readonly Law[] = [
  exclusion,
  knownRuns,
  nothingIdle,
  nothingLost,
  order,
  fencing,
  oneOops,
  holds,
  truth,
  durableFirst,
  freedInTime,
  explanation,
  ...[lanes, capacity, slots, givenUp, deadlines, numbers],
  ...[permits, rollouts, families, superseding, passing],
  identity,
  noDefect,
];

export function checkLaws(world: World, isFinished: boolean): Violation[] {
  const { violations, hasForgotten } = judge(world.history, world.leaseMs, laws);
  // A session never says again what it has said, and a store that has forgotten it may wait for it for ever.
  if (isFinished || hasForgotten) return violations;
  return [...violations, { law: "liveness", what: unfinished(world) }];
}

/** When nothing is in the way any more, all that can end does, and every request is answered. */
function unfinished({ records, client }: World): string {
  const alive = [...records.tasks.values()].filter(({ task }) => task.status.endedAt === null);
  const tasks = alive.map(({ task }) => `${task.id} is ${task.status.state}`);
  const items = client.unanswered.map(({ id, type }) => `${type} ${id} is not answered`);
  return [...tasks, ...items].join(", ");
}
