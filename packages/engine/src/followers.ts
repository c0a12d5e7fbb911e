import { becomeEnded, enterLine } from "./leg.ts";
import { precedes } from "./line.ts";
import type { Leg } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { EndState } from "./words.ts";

/* Equal checks that wait share one run: that of the leg which the others have joined. */

/** Equal health checks share one run. Without a digest, requests cannot be told apart, so they never do. */
export function isJoinable(leg: Leg): boolean {
  const { kind, digest, assembly } = leg.task;
  // After its first step it no longer runs as a whole.
  return (
    leg.step === 0 && kind === "health-check" && leg.mode === "bypass" && digest !== "" && assembly === null
  );
}

export function leaveFollowers(leg: Leg, leader: Leg): void {
  if (leader.followers !== null) leader.followers.splice(leader.followers.indexOf(leg), 1);
}

/** The leg has been moved: those that go before it now do not wait for its run. */
export function regroupFollowers(turn: Turn, leg: Leg): void {
  const followers = leg.followers ?? [];
  const ahead = followers.filter((follower) => precedes(follower, leg));
  if (ahead.length === 0) return;
  leg.followers = followers.filter((follower) => !precedes(follower, leg));
  promote(turn, ahead);
}

/** It goes before the leg that was to run for it, so it runs for itself. */
export function leaveLeader(turn: Turn, leg: Leg): void {
  if (leg.joined !== null) leaveFollowers(leg, leg.joined);
  leg.joined = null;
  turn.touch(leg);
  enterLine(turn, leg);
}

/** A run answers for its followers too, unless it gave no answer: then the first of them takes its place. */
export function settleFollowers(turn: Turn, leg: Leg, state: EndState): void {
  const followers = leg.followers;
  if (followers === null) return;
  leg.followers = null;
  if (state === "canceled" || state === "timed-out") {
    promote(turn, followers);
    return;
  }
  for (const follower of followers) {
    // It keeps `joined`, so that its record tells whose run its result is.
    follower.task.startedAt ??= leg.startedAt;
    follower.startedAt = leg.startedAt;
    follower.exitCode = leg.exitCode;
    becomeEnded(turn, follower, state, leg.reason);
  }
}

/** The first of these by the order law runs for itself, and for the others. */
export function promote(turn: Turn, followers: Leg[]): void {
  if (followers.length === 0) return;
  const first = followers.reduce((one, other) => (precedes(other, one) ? other : one));
  const rest = followers.filter((follower) => follower !== first);
  first.joined = null;
  first.followers = rest.length > 0 ? rest : null;
  for (const follower of rest) {
    follower.joined = first;
    turn.touch(follower);
    enterLine(turn, follower);
  }
  turn.touch(first);
  enterLine(turn, first);
}
