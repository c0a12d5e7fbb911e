import type { Topology } from "@berth/protocol";

/** The users that may speak for a target; where none is named, the one that a tentacle of its name has by default. */
export function usersOf(
  topology: Topology,
  space: string,
  target: string,
  named: readonly string[] = [],
): readonly string[] {
  return named.length > 0 ? named : [topology.user(space, target)];
}
