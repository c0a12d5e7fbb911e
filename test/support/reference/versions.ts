// Legs that were parked for their failures come back for a version of their tentacle that they have not failed with.
import { attemptsOf } from "./policy.ts";
import { eligibleSessions, liveLegs, type RefLeg, type RefRelease, target, type World } from "./world.ts";

/** Something became of a leg that came back: it was parked again, or has ended. */
export function noteOutcome(world: World, leg: RefLeg): void {
  for (const release of world.releases.filter(({ tried }) => tried.includes(leg))) {
    release.tried = release.tried.filter((each) => each !== leg);
    const isSame = leg.parking?.fingerprint === release.fingerprint;
    if (leg.state === "parked" && (release.stage === "canary" || isSame)) {
      release.stage = "stopped";
      release.nextAt = null;
    }
    const isProcessed = leg.state === "succeeded" || leg.state === "failed";
    if (release.stage === "canary" && isProcessed) release.stage = "following";
  }
}

/** Lets those go whose turn it is. */
export function releaseForVersions(world: World): void {
  for (const leg of parkedForFailures(world)) {
    const version = versionFor(world, leg);
    if (version !== null) releaseOf(world, version, leg.parking?.fingerprint ?? "");
  }
  for (const release of world.releases) letGoOf(world, release);
  world.releases = world.releases.filter(
    (release) =>
      release.tried.length > 0 ||
      candidates(world, release).length > 0 ||
      (release.stage === "stopped" && alike(world, release.fingerprint).length > 0),
  );
}

function letGoOf(world: World, release: RefRelease): void {
  const all = candidates(world, release);
  const isDue = release.nextAt === null || release.nextAt <= world.at;
  if (isDue) release.nextAt = null;
  const next = all.length === 0 ? undefined : (world.chance.next(all) ?? all[0]);
  if (next === undefined) return;
  if (release.stage === "canary" && release.tried.length === 0) letGo(world, release, next);
  if (release.stage !== "following" || !isDue) return;
  letGo(world, release, next);
  release.nextAt = world.at + world.limits.releaseEveryMs;
}

/** With one attempt. */
function letGo(world: World, release: RefRelease, leg: RefLeg): void {
  release.tried.push(leg);
  leg.failures = attemptsOf(leg.task.kind, target(world, leg.target).policy) - 1;
  leg.state = "waiting";
  leg.readyAt = null;
  leg.startedAt = null;
}

function parkedForFailures(world: World): RefLeg[] {
  return liveLegs(world).filter((leg) => leg.state === "parked" && leg.parking?.for === "failures");
}

function alike(world: World, fingerprint: string): RefLeg[] {
  return parkedForFailures(world).filter((leg) => leg.parking?.fingerprint === fingerprint);
}

function candidates(world: World, { version, fingerprint }: RefRelease): RefLeg[] {
  return alike(world, fingerprint).filter((leg) => versionFor(world, leg) === version);
}

/** The latest version that serves its target, if it has failed with none that does. */
function versionFor(world: World, leg: RefLeg): string | null {
  const versions = eligibleSessions(world, leg.target).map(({ version }) => version);
  if (versions.some((version) => leg.parking?.versions.includes(version))) return null;
  return versions.at(-1) ?? null;
}

function releaseOf(world: World, version: string, fingerprint: string): void {
  if (world.releases.some((each) => each.version === version && each.fingerprint === fingerprint)) return;
  const hasFailed = alike(world, fingerprint).some((leg) => leg.parking?.versions.includes(version));
  const stage = hasFailed ? "stopped" : "canary";
  const tried = underWay(world, version, fingerprint);
  world.releases.push({ version, fingerprint, stage, tried, nextAt: null });
}

/** What came back before, under an owner who let it go, or because a person did. */
function underWay(world: World, version: string, fingerprint: string): RefLeg[] {
  return liveLegs(world).filter((leg) => {
    if (leg.state === "parked" || leg.parking?.for !== "failures") return false;
    if (leg.parking.fingerprint !== fingerprint || versionFor(world, leg) === null) return false;
    const session = world.sessions.find(({ id }) => id === leg.session);
    return (session?.version ?? versionFor(world, leg)) === version;
  });
}
