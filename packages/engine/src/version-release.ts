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
 *
 * While a command is carried out it is only noted what has changed: a command may end one session and open another, and
 * nothing in between counts. Who comes back is decided once at its end (`comeBackForVersions`).
 */

/** What comes back for one version, of all that failed alike. */
export interface VersionRelease extends Timed {
  readonly timed: "release";
  readonly fingerprint: string;
  readonly version: string;
  /** `canary`: one leg is tried. `following`: it was processed, and the others follow. `stopped`: it was not, or another was not. */
  stage: "canary" | "following" | "stopped";
  /** Parked legs that this is the version for. */
  readonly waiting: Set<Leg>;
  /** Legs that were let go and have not ended. */
  readonly tried: Set<Leg>;
}

/** What a command has changed about those that are parked. */
export interface ReleaseAgenda {
  /** Another version may be the one for them. */
  readonly legs: Set<Leg>;
  readonly releases: Set<VersionRelease>;
}

export function noteParked(turn: Turn, leg: Leg, before: ParkingRecord | null): void {
  const { parking } = leg;
  forgetComingBack(turn.state, leg, before);
  if (parking?.for === "failures") {
    leg.target.parked ??= new Set();
    leg.target.parked.add(leg);
    addTo(turn.state.parkedAlike, parking.fingerprint, leg);
    turn.releases.legs.add(leg);
  }
  for (const release of releasesOf(turn.state, leg)) {
    release.tried.delete(leg);
    // A canary has to be processed; of the others, only the same problem says something about the rest.
    if (release.stage === "canary" || parking?.fingerprint === release.fingerprint) stop(turn, release);
    turn.releases.releases.add(release);
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
  const { state, releases } = turn;
  target.parked?.delete(leg);
  if (target.parked?.size === 0) target.parked = null;
  deleteFrom(state.parkedAlike, parking.fingerprint, leg);
  releases.legs.delete(leg);
  moveTo(turn, leg, null);
  for (const release of state.releases.values()) {
    if (release.fingerprint === parking.fingerprint) releases.releases.add(release);
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
  const isProcessed = leg.state === "succeeded" || leg.state === "failed";
  for (const release of releasesOf(turn.state, leg)) {
    release.tried.delete(leg);
    if (release.stage === "canary" && isProcessed) release.stage = "following";
    turn.releases.releases.add(release);
  }
}

/** The sessions of a target have changed: what failed with none of their versions may come back. */
export function releaseForVersions(turn: Turn, target: Target): void {
  for (const leg of target.parked ?? []) turn.releases.legs.add(leg);
}

/** It is time for the next one to follow. */
export function fireRelease(turn: Turn, release: VersionRelease): void {
  turn.releases.releases.add(release);
}

/** At the end of each command: lets those go whose turn it is. */
export function comeBackForVersions(turn: Turn): void {
  const { legs, releases } = turn.releases;
  for (const leg of legs) {
    const version = versionFor(leg);
    moveTo(turn, leg, version === null ? null : releaseFor(turn.state, leg, version));
  }
  legs.clear();
  for (const release of releases) {
    goOn(turn, release);
    forgetIfDone(turn, release);
  }
  releases.clear();
}

/**
 * The latest version that serves the target, if the leg has failed with none that does: while one that it failed with serves
 * it, too, nobody knows which of them would get it.
 */
function versionFor({ target, parking }: Leg): string | null {
  let version: string | null = null;
  for (const session of target.sessions) {
    if (!isEligible(session)) continue;
    if (parking?.versions.includes(session.version)) return null;
    version = session.version;
  }
  return version;
}

function moveTo(turn: Turn, leg: Leg, release: VersionRelease | null): void {
  const { awaitedReleases } = turn.state;
  const before = awaitedReleases.get(leg);
  if (before !== undefined) {
    before.waiting.delete(leg);
    turn.releases.releases.add(before);
  }
  if (release === null) {
    awaitedReleases.delete(leg);
    return;
  }
  awaitedReleases.set(leg, release);
  release.waiting.add(leg);
  turn.releases.releases.add(release);
}

function releaseFor(state: State, leg: Leg, version: string): VersionRelease {
  const fingerprint = leg.parking?.fingerprint ?? "";
  const key = keyOf(version, fingerprint);
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

function keyOf(version: string, fingerprint: string): string {
  return `${version}\n${fingerprint}`;
}

/** Those that an owner before this one has let go, or a person: one of them is canary enough. */
function underWay(state: State, fingerprint: string, version: string): Leg[] {
  return [...(state.comingBack.get(fingerprint) ?? [])].filter((leg) => {
    const latest = versionFor(leg);
    return latest !== null && (leg.session?.version ?? latest) === version;
  });
}

function goOn(turn: Turn, release: VersionRelease): void {
  if (release.stage === "canary" && release.tried.size === 0) {
    const canary = firstOf(release.waiting);
    if (canary !== null) letGo(turn, release, canary);
  } else if (release.stage === "following" && release.timerIndex < 0) {
    const [next] = release.waiting;
    if (next === undefined) return;
    letGo(turn, release, next);
    turn.state.timers.set(release, turn.at + turn.state.settings.releaseEveryMs);
  }
}

/** One attempt: if this version cannot do it either, that is enough to know. */
function letGo(turn: Turn, release: VersionRelease, leg: Leg): void {
  release.tried.add(leg);
  leg.failures = attemptsMax(leg.task.kind, leg.target.policy) - 1;
  becomeWaiting(turn, leg, null, `comes back for version ${release.version} of its tentacle`);
}

function firstOf(legs: Iterable<Leg>): Leg | null {
  let first: Leg | null = null;
  for (const leg of legs) if (first === null || precedes(leg, first)) first = leg;
  return first;
}

function stop(turn: Turn, release: VersionRelease): void {
  release.stage = "stopped";
  turn.state.timers.set(release, null);
}

/** That one was stopped is remembered as long as anything is parked that it could be asked about. */
function forgetIfDone(turn: Turn, release: VersionRelease): void {
  if (release.waiting.size + release.tried.size > 0) return;
  if (release.stage === "stopped" && turn.state.parkedAlike.has(release.fingerprint)) return;
  turn.state.timers.set(release, null);
  turn.state.releases.delete(keyOf(release.version, release.fingerprint));
}
