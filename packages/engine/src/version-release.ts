import { addTo, deleteFrom } from "./keyed.ts";
import { becomeWaiting } from "./leg.ts";
import { precedes } from "./line.ts";
import { attemptsMax } from "./policy.ts";
import type { ParkingRecord } from "./record.ts";
import { isEligible } from "./serving.ts";
import type { Leg, State, Target } from "./state.ts";
import type { Timed } from "./timers.ts";
import type { Turn } from "./turn.ts";

/*
 * Legs that were parked for their failures come back when their tentacle has a version that they have not failed with. Of
 * all that failed alike one goes first, so that a version which is no better costs one attempt and not all of them.
 */

/** What comes back for one version, of all that failed alike. */
export interface VersionRelease extends Timed {
  readonly timed: "release";
  readonly fingerprint: string;
  readonly version: string;
  /** `canary`: one leg is tried. `following`: it was processed, and the others follow. `stopped`: it was not, or another was not. */
  stage: "canary" | "following" | "stopped";
  /** Legs that may follow; some may have been released by others meanwhile. */
  readonly waiting: Set<Leg>;
  /** Legs that were let go and have not ended. */
  readonly tried: Set<Leg>;
}

export function noteParked(turn: Turn, leg: Leg, before: ParkingRecord | null): void {
  const { parking } = leg;
  forgetComingBack(turn.state, leg, before);
  if (parking?.for === "failures") {
    leg.target.parked ??= new Set();
    leg.target.parked.add(leg);
    addTo(turn.state.parkedAlike, parking.fingerprint, leg);
  }
  for (const release of releasesOf(turn.state, leg)) {
    release.tried.delete(leg);
    // A canary has to be processed; of the others, only the same problem says something about the rest.
    if (release.stage === "canary" || parking?.fingerprint === release.fingerprint) stop(turn, release);
  }
}

/** It was parked for its failures and is not any more: how it ends tells something of the version that gets it. */
export function noteComingBack(state: State, leg: Leg): void {
  if (leg.parking?.for === "failures") addTo(state.comingBack, leg.parking.fingerprint, leg);
}

function forgetComingBack(state: State, leg: Leg, parking: ParkingRecord | null): void {
  if (parking?.for === "failures") deleteFrom(state.comingBack, parking.fingerprint, leg);
}

export function leaveParked(turn: Turn, leg: Leg): void {
  const { parking, target } = leg;
  if (parking?.for !== "failures") return;
  target.parked?.delete(leg);
  if (target.parked?.size === 0) target.parked = null;
  deleteFrom(turn.state.parkedAlike, parking.fingerprint, leg);
  for (const release of turn.state.releases.values()) {
    if (release.fingerprint !== parking.fingerprint) continue;
    release.waiting.delete(leg);
    forgetIfDone(turn, release);
  }
}

/** Of one version, or of two where another came before it was granted. */
function releasesOf(state: State, leg: Leg): VersionRelease[] {
  if (state.releases.size === 0 || leg.parking === null) return [];
  return [...state.releases.values()].filter((release) => release.tried.has(leg));
}

/** A leg that came back has ended: processed, whether its script said yes or no; or called off. */
export function noteEndOfReleased(turn: Turn, leg: Leg): void {
  forgetComingBack(turn.state, leg, leg.parking);
  for (const release of releasesOf(turn.state, leg)) {
    release.tried.delete(leg);
    if (release.stage === "canary") {
      if (leg.state === "succeeded" || leg.state === "failed") release.stage = "following";
      goOn(turn, release);
    }
    forgetIfDone(turn, release);
  }
}

/** The sessions of a target have changed: what failed with none of their versions may come back. */
export function releaseForVersions(turn: Turn, target: Target): void {
  if (target.parked === null) return;
  for (const leg of target.parked) keepForNewer(turn, leg);
  releaseNew(turn, target, target.parked);
}

/** What would follow for a version that serves its target no more stays parked. */
function keepForNewer(turn: Turn, leg: Leg): void {
  for (const release of turn.state.releases.values()) {
    if (!release.waiting.has(leg) || mayFollow(release, leg)) continue;
    release.waiting.delete(leg);
    forgetIfDone(turn, release);
  }
}

/** The leg has just been parked. What it failed with may be on its way out, and another version be there already. */
export function releaseIfNew(turn: Turn, leg: Leg): void {
  if (leg.parking?.for === "failures") releaseNew(turn, leg.target, [leg]);
}

function releaseNew(turn: Turn, target: Target, legs: Iterable<Leg>): void {
  const version = latestVersion(target);
  if (version === null) return;
  const touched = new Set<VersionRelease>();
  for (const leg of legs) {
    if (!isNewFor(leg)) continue;
    const release = releaseFor(turn.state, leg, version);
    if (release.stage === "stopped") continue;
    release.waiting.add(leg);
    touched.add(release);
  }
  for (const release of touched)
    if (release.tried.size === 0 || release.stage === "following") goOn(turn, release);
}

function latestVersion(target: Target): string | null {
  let version: string | null = null;
  for (const session of target.sessions) if (isEligible(session)) version = session.version;
  return version;
}

/** While a version that it failed with serves the target, too, nobody knows which of them would get it. */
function isNewFor(leg: Leg): boolean {
  for (const session of leg.target.sessions) {
    if (isEligible(session) && leg.parking?.versions.includes(session.version)) return false;
  }
  return true;
}

function releaseFor(state: State, leg: Leg, version: string): VersionRelease {
  const fingerprint = leg.parking?.fingerprint ?? "";
  const key = `${version}\n${fingerprint}`;
  let release = state.releases.get(key);
  if (release === undefined) {
    const alike = [...(state.parkedAlike.get(fingerprint) ?? [])];
    const hasFailed = alike.some((each) => each.parking?.versions.includes(version));
    release = {
      timed: "release",
      timerAt: 0,
      timerIndex: -1,
      timerEnds: false,
      timerOrder: 0,
      fingerprint,
      version,
      stage: hasFailed ? "stopped" : "canary",
      waiting: new Set(),
      tried: new Set(underWay(state, fingerprint, version)),
    };
    state.releases.set(key, release);
  }
  return release;
}

/** Those that an owner before this one has let go, or a person: one of them is canary enough. */
function underWay(state: State, fingerprint: string, version: string): Leg[] {
  return [...(state.comingBack.get(fingerprint) ?? [])].filter(
    (leg) => isNewFor(leg) && (leg.session?.version ?? latestVersion(leg.target)) === version,
  );
}

function goOn(turn: Turn, release: VersionRelease): void {
  if (release.stage === "following") {
    if (release.timerIndex < 0) fireRelease(turn, release);
    return;
  }
  const canary = firstOf([...candidates(release)]);
  if (canary !== null) letGo(turn, release, canary);
  else forgetIfDone(turn, release);
}

/** It is time for the next one to follow. */
export function fireRelease(turn: Turn, release: VersionRelease): void {
  const next = candidates(release).next().value ?? null;
  if (next === null) {
    forgetIfDone(turn, release);
    return;
  }
  letGo(turn, release, next);
  turn.state.timers.set(release, turn.at + turn.state.settings.releaseEveryMs);
}

/** One attempt: if this version cannot do it either, that is enough to know. */
function letGo(turn: Turn, release: VersionRelease, leg: Leg): void {
  release.waiting.delete(leg);
  release.tried.add(leg);
  leg.failures = attemptsMax(leg.task.kind, leg.target.policy) - 1;
  becomeWaiting(turn, leg, null, `comes back for version ${release.version} of its tentacle`);
}

/** Those that still wait to follow. */
function* candidates(release: VersionRelease): Generator<Leg, undefined> {
  for (const leg of release.waiting) {
    if (mayFollow(release, leg)) yield leg;
    else release.waiting.delete(leg);
  }
}

function mayFollow({ fingerprint, version }: VersionRelease, leg: Leg): boolean {
  if (leg.state !== "parked" || leg.parking?.fingerprint !== fingerprint) return false;
  return isNewFor(leg) && latestVersion(leg.target) === version;
}

function firstOf(legs: readonly Leg[]): Leg | null {
  if (legs.length === 0) return null;
  return legs.reduce((one, other) => (precedes(other, one) ? other : one));
}

function stop(turn: Turn, release: VersionRelease): void {
  release.stage = "stopped";
  release.waiting.clear();
  turn.state.timers.set(release, null);
}

/** That one was stopped is remembered as long as anything is parked that it could be asked about. */
function forgetIfDone(turn: Turn, release: VersionRelease): void {
  if (release.waiting.size + release.tried.size > 0) return;
  if (release.stage === "stopped" && turn.state.parkedAlike.has(release.fingerprint)) return;
  turn.state.timers.set(release, null);
  turn.state.releases.delete(`${release.version}\n${release.fingerprint}`);
}
