import { type Adoption, adopt } from "./adopt.ts";
import { loseAttempt, returnUnstarted } from "./attempt.ts";
import type { BeatCommand, CloseSessionCommand, DrainSessionCommand, OpenSessionCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { pumpStarved } from "./leg.ts";
import { durationText } from "./phrase.ts";
import { endQuarantinesOf } from "./quarantine.ts";
import type { SessionRecord } from "./record.ts";
import { sessionRecord } from "./save.ts";
import { awaitTarget, beginServing, mayServe, takeBackUnclaimed } from "./service.ts";
import { eligibleCount } from "./serving.ts";
import type { Session, State, Target } from "./state.ts";
import { lookAgainAt } from "./together.ts";
import { done, refused, type Turn } from "./turn.ts";
import { releaseForVersions } from "./version-release.ts";

/** Opening is idempotent by the id of the session, so that a tentacle that got no answer can ask again. */
export function openSession(turn: Turn, command: OpenSessionCommand): Reply {
  const { state } = turn;
  const existing = state.sessions.get(command.session);
  if (existing !== undefined) {
    if (existing.tentacle !== command.tentacle) {
      return refused(
        "session_conflict",
        `session ${command.session} is one of tentacle ${existing.tentacle}`,
      );
    }
    renewLease(turn, existing);
    return welcome(state, existing, adopt(turn, existing, command));
  }
  const session = newSession({ ...command, id: command.session, openedAt: turn.at, draining: false }, 0);
  state.sessions.set(session.id, session);
  renewLease(turn, session);
  turn.record({ type: "session", session: sessionRecord(session) });
  // First of all, so that what its predecessors leave can pass on to it.
  for (const name of session.targets) {
    const target = state.targets.get(name);
    if (target === undefined || !mayServe(session, target)) awaitTarget(state, name, session);
    else beginServing(turn, session, target);
  }
  const adoption = adopt(turn, session, command);
  endPredecessors(turn, command);
  // Last of all: a predecessor of a version that something failed with does not count any more.
  for (const target of targetsOf(state, session)) releaseForVersions(turn, target);
  return welcome(state, session, adoption);
}

function endPredecessors(turn: Turn, command: OpenSessionCommand): void {
  const { state } = turn;
  const predecessors = [...new Set(command.succeeds)]
    .map((id) => state.sessions.get(id))
    .filter((each) => each !== undefined)
    .filter(({ id, tentacle }) => tentacle === command.tentacle && id !== command.session);
  // What one of them leaves must not pass on to another.
  for (const predecessor of predecessors) leaveTargets(state, predecessor);
  for (const predecessor of predecessors)
    endSession(turn, predecessor, `tentacle ${predecessor.tentacle} was started again`);
  const stillRun = command.knows.filter((known) => known.outcome === null).map((known) => known.token);
  endQuarantinesOf(turn, command.tentacle, command.succeeds, stillRun);
}

export function newSession(record: SessionRecord, leaseUntil: number): Session {
  return {
    timed: "session",
    timerAt: 0,
    timerIndex: -1,
    timerEnds: false,
    timerOrder: 0,
    id: record.id,
    tentacle: record.tentacle,
    version: record.version,
    targets: record.targets,
    capacity: record.capacity,
    openedAt: record.openedAt,
    leaseUntil,
    draining: record.draining,
    user: record.user,
    legs: new Set(),
    load: 0,
    starved: new Set(),
    reservedFor: new Set(),
  };
}

function welcome(state: State, session: Session, adoption: Adoption): Reply {
  const targetsUnknown = session.targets.filter((name) => {
    const target = state.targets.get(name);
    return target === undefined || !mayServe(session, target);
  });
  return { type: "session", leaseMs: state.settings.leaseMs, targetsUnknown, ...adoption };
}

function* targetsOf(state: State, session: Session): Generator<Target> {
  for (const name of session.targets) {
    const target = state.targets.get(name);
    if (target !== undefined) yield target;
  }
}

export function beat(turn: Turn, command: BeatCommand): Reply {
  const session = turn.state.sessions.get(command.session);
  if (session === undefined) return unknownSession(command.session);
  renewLease(turn, session);
  return { type: "beat", leaseUntil: session.leaseUntil };
}

function renewLease(turn: Turn, session: Session): void {
  session.leaseUntil = turn.at + turn.state.settings.leaseMs;
  turn.state.unheard.delete(session);
  turn.state.timers.set(session, session.leaseUntil);
}

export function drainSession(turn: Turn, command: DrainSessionCommand): Reply {
  const session = turn.state.sessions.get(command.session);
  if (session === undefined) return unknownSession(command.session);
  beginDrain(turn, session);
  return done;
}

/** It gets nothing new; what it has, it finishes or gives back. */
export function beginDrain(turn: Turn, session: Session): void {
  if (session.draining) return;
  session.draining = true;
  turn.record({ type: "session", session: sessionRecord(session) });
  stopServing(turn, session);
}

/** The session takes nothing new any more: what waits for it, or for anybody to claim it, is looked at again. */
function stopServing(turn: Turn, session: Session): void {
  pumpStarved(turn, session);
  for (const name of session.targets) {
    const target = turn.state.targets.get(name);
    if (target === undefined) continue;
    if (eligibleCount(target) === 0) takeBackUnclaimed(turn, target);
    lookAgainAt(turn, target);
    releaseForVersions(turn, target);
  }
}

export function closeSession(turn: Turn, command: CloseSessionCommand): Reply {
  const session = turn.state.sessions.get(command.session);
  if (session === undefined) return unknownSession(command.session);
  // It told everything that it had to tell before it closed, each start too: what it had not started, it never will.
  for (const leg of session.legs) if (leg.startedAt === null) returnUnstarted(turn, leg);
  endSession(turn, session, `tentacle ${session.tentacle} was stopped`);
  return done;
}

/**
 * Ends leases of sessions that were silent. That a lease has ended by the clock is not enough: its heartbeats may wait to
 * be read, because nobody read, or the messages before them took long. Ending it then would let two run at once.
 */
export function endLeases(turn: Turn, due: readonly Session[], heardUntil: number): void {
  const { timers, unheard } = turn.state;
  for (const session of due) unheard.add(session);
  const lost = [...unheard].filter((session) => session.leaseUntil <= heardUntil);
  // What one of them leaves must not pass on to another.
  for (const session of lost) leaveTargets(turn.state, session);
  for (const session of lost) endLease(turn, session);
  if (due.every((session) => !unheard.has(session))) return;
  for (const session of due) if (unheard.has(session)) timers.set(session, turn.at + listenAgainMs);
  turn.send({ type: "listen" });
}

/** What tells that everything has been read may be lost on its way. */
const listenAgainMs = 500;

function endLease(turn: Turn, session: Session): void {
  const lease = durationText(turn.state.settings.leaseMs);
  endSession(turn, session, `tentacle ${session.tentacle} has not been heard of for ${lease}`);
}

/** Whatever it had not reported is lost with it. */
function endSession(turn: Turn, session: Session, why: string): void {
  const { state } = turn;
  state.sessions.delete(session.id);
  state.unheard.delete(session);
  state.timers.set(session, null);
  leaveTargets(state, session);
  stopServing(turn, session);
  for (const leg of session.legs) {
    loseAttempt(turn, leg, { type: "SessionLost", value: why, text: null });
  }
  turn.record({ type: "session.ended", id: session.id });
  turn.send({ type: "session.ended", session: session.id, reason: why });
}

function leaveTargets(state: State, session: Session): void {
  for (const name of session.targets) {
    state.targets.get(name)?.sessions.delete(session);
    const awaiting = state.awaitedTargets.get(name);
    awaiting?.delete(session);
    if (awaiting?.size === 0) state.awaitedTargets.delete(name);
  }
}

/** The dispatcher stood still and could not read heartbeats: leases are longer by that time. */
export function prolongLeases(turn: Turn, ms: number): void {
  for (const session of turn.state.sessions.values()) {
    session.leaseUntil += ms;
    turn.state.unheard.delete(session);
    turn.state.timers.set(session, session.leaseUntil);
  }
}

export function unknownSession(session: string): Reply {
  return refused(
    "session_unknown",
    `there is no session ${session}; its lease may have ended. Open a new one`,
  );
}
