import { deliveriesLost, garbageSent, memoryAlarm, rabbitmqKilled } from "./broker.ts";
import { dispatcherFrozen, dispatcherKilled } from "./dispatchers.ts";
import type { Fault } from "./fault.ts";
import { redisEmptied, redisFlushed, redisKilled, replicaPromoted, replicaPromotedToHeir } from "./store.ts";
import { apiKilled, tentacleKilled } from "./tentacles.ts";

export const faults: readonly Fault[] = [
  dispatcherKilled,
  dispatcherFrozen,
  tentacleKilled,
  apiKilled,
  rabbitmqKilled,
  deliveriesLost,
  memoryAlarm,
  garbageSent,
  redisKilled,
  redisEmptied,
  redisFlushed,
  replicaPromoted,
  replicaPromotedToHeir,
];

/**
 * Whether two may be there at the same time. Not where both lay hands on the same part; and where the store forgets, the owner is let
 * live until it has written back what it remembers: nobody else could (law 3 cannot be kept then, see docs/ARCHITECTURE.md).
 */
export function mayCoincide(one: Fault, other: Fault): boolean {
  if (one === other || one.parts.some((part) => other.parts.includes(part))) return false;
  const together = [one, other];
  const isForgetful = together.some(({ needsMemory }) => needsMemory);
  return !(isForgetful && together.some(({ parts }) => parts.includes("owner") || parts.includes("broker")));
}
