import { isAssembling } from "./assembly.ts";
import { blockersMax, legBlocker, legText, taskBlocker, taskText } from "./blocker.ts";
import { estimatedMs, expectedMs } from "./estimate.ts";
import type { Blocker, Cause, CauseCode } from "./explanation.ts";
import { stoppingHold, stoppingHolds } from "./hold.ts";
import { precedes } from "./line.ts";
import { countText, durationText } from "./phrase.ts";
import { laneLimit } from "./policy.ts";
import { couldEverHaveRoom, hasRoom, keepersOfRoom } from "./room.ts";
import { fullSemaphore, isFull, semaphoresOf } from "./semaphore.ts";
import { isEligible } from "./serving.ts";
import type { Hold, Leg, Line, State } from "./state.ts";
import { isAwaitingChildren, stepName } from "./step.ts";

/**
 * A rule of granting. A leg is granted when none of the rules stops it; `explain` asks the same rules, and lets each
 * one that stops the leg say why. So what people are told is what decides.
 */
export interface Rule {
  readonly code: CauseCode;
  /**
   * `leg`: it is stuck, and what is behind it goes on without it. `target`: it is stuck, and with it everything in its line.
   * `line`: it waits its turn, and so does what is behind it.
   */
  readonly stopsThe: "leg" | "target" | "line";
  stops(state: State, leg: Leg, now: number): boolean;
  /** Only called when it stops the leg. */
  causes(state: State, leg: Leg, now: number): Cause[];
}

const notYet: Rule = {
  code: "not-yet",
  stopsThe: "leg",
  stops: (_state, leg, now) => leg.readyAt !== null && leg.readyAt > now,
  causes: (_state, leg, now) => {
    const wait = durationText((leg.readyAt ?? now) - now);
    const message =
      leg.failures > 0
        ? `it waits ${wait} before its next attempt, because ${countText(leg.failures, "attempt")} failed`
        : `it was asked to start no sooner than in ${wait}`;
    return [{ code: "not-yet", message, blockers: [], until: leg.readyAt }];
  },
};

const children: Rule = {
  code: "children",
  stopsThe: "leg",
  stops: (_state, leg) => isAwaitingChildren(leg),
  causes: (_state, leg) => {
    const all = [...(leg.task.family?.children ?? [])];
    const blockers = all.slice(0, blockersMax).map(taskBlocker);
    const count = all.length === 1 ? "1 child" : `${all.length} children`;
    const message = `its step ${stepName(leg)} waits for ${count} of its task to end`;
    return [{ code: "children", message, blockers, until: null }];
  },
};

const held: Rule = {
  code: "held",
  stopsThe: "leg",
  stops: (state, leg, now) => stoppingHold(state, leg, now) !== null,
  causes: (state, leg, now) =>
    stoppingHolds(state, leg, now).map((hold) => ({
      code: "held",
      message: holdText(state, hold, leg, now),
      blockers: [
        { type: "hold", id: hold.id, task: null, since: hold.from, note: `${hold.owner}: ${hold.reason}` },
      ],
      until: hold.until,
    })),
};

function holdText(state: State, hold: Hold, leg: Leg, now: number): string {
  const says = `${hold.owner}: ${hold.reason}`;
  const known = expectedMs(leg);
  const takes =
    known === null
      ? `nobody knows how long it takes, which counts as ${durationText(estimatedMs(state, leg))}`
      : `it takes about ${durationText(known)}`;
  if (hold.longerThanMs !== null)
    return `${takes}, and nothing longer than ${durationText(hold.longerThanMs)} may start (${says})`;
  if (hold.active) return `a hold by ${hold.owner} covers it: ${hold.reason}`;
  return `${takes}, and a hold begins in ${durationText(hold.from - now)} (${says})`;
}

const joined: Rule = {
  code: "joined",
  stopsThe: "leg",
  stops: (_state, leg) => leg.joined !== null,
  causes: (_state, leg) => {
    const leader = leg.joined as Leg;
    return [
      {
        code: "joined",
        message: `an equal check was waiting already; the result of ${leader.task.id} (${leader.state}) is its result too`,
        blockers: [legBlocker(leader)],
        until: null,
      },
    ];
  },
};

const rolloutFull: Rule = {
  code: "rollout-full",
  stopsThe: "leg",
  stops: (_state, { task, attempt }) => task.window !== null && attempt === 0 && isFull(task.window),
  causes: (_state, { task }) => {
    const unfinished = task.legs.filter((leg) => leg.attempt > 0 && leg.endedAt === null);
    const most = countText(task.window?.limit ?? 0, "target");
    const isOrAre = unfinished.length === 1 ? "is" : "are";
    const message = `its rollout goes over ${most} at a time, and ${unfinished.length} ${isOrAre} not finished`;
    const blockers = unfinished.slice(0, blockersMax).map(legBlocker);
    return [{ code: "rollout-full", message, blockers, until: null }];
  },
};

const semaphoreFull: Rule = {
  code: "semaphore-full",
  stopsThe: "leg",
  stops: (state, leg) => fullSemaphore(state, leg) !== null,
  causes: (state, leg) =>
    semaphoresOf(state, leg)
      .filter((semaphore) => isFull(semaphore) && (leg.mode === "bypass" || leg.task.grantCount === 0))
      .map(({ name, limit, held }) => ({
        code: "semaphore-full",
        message: `${semaphoreText(name ?? "")} allows ${limit}, and ${held} ${held === 1 ? "is" : "are"} taken`,
        blockers: [
          { type: "semaphore", id: name ?? "", task: null, since: null, note: `${held} of ${limit}` },
        ],
        until: null,
      })),
};

function semaphoreText(name: string): string {
  if (name === "task-cap") return "the task cap of the space";
  return name.startsWith("lane.") ? `the space's lane ${name}` : `semaphore ${name}`;
}

const offline: Rule = {
  code: "offline",
  stopsThe: "target",
  stops: (_state, leg) => {
    for (const session of leg.target.sessions) if (isEligible(session)) return false;
    return true;
  },
  causes: (_state, leg) => {
    const draining = [...leg.target.sessions];
    const message =
      draining.length > 0
        ? `every tentacle of target ${leg.target.id} is draining: it takes nothing new`
        : `no tentacle serves target ${leg.target.id}`;
    const blockers = draining.map(
      (session): Blocker => ({
        type: "session",
        id: session.id,
        task: null,
        since: session.openedAt,
        note: `tentacle ${session.tentacle} ${session.version}, draining`,
      }),
    );
    return [{ code: "offline", message, blockers, until: null }];
  },
};

const quarantined: Rule = {
  code: "quarantined",
  stopsThe: "target",
  stops: (_state, leg) => leg.line.type === "slot" && leg.line.quarantines.size > 0,
  causes: (_state, leg) => {
    if (leg.line.type !== "slot") return [];
    const blockers = [...leg.line.quarantines.values()].map(
      (quarantine): Blocker => ({
        type: "quarantine",
        id: quarantine.token,
        task: quarantine.leg.slice(0, quarantine.leg.lastIndexOf(".")),
        since: quarantine.since,
        note: `leg ${quarantine.leg} was given up, and may still be running under tentacle ${quarantine.tentacle}`,
      }),
    );
    const message = `slot ${leg.line.mutex} of target ${leg.target.id} is quarantined, until its end is proven or an operator releases it`;
    return [{ code: "quarantined", message, blockers, until: null }];
  },
};

const slotTaken: Rule = {
  code: "slot-taken",
  stopsThe: "line",
  stops: (_state, leg) => leg.line.type === "slot" && leg.line.holders.size > 0 && !mayShare(leg),
  causes: (_state, leg) => {
    const holders = [...leg.line.holders];
    const first = holders[0] as Leg;
    const more = holders.length > 1 ? ` and ${holders.length - 1} more` : "";
    const message = `slot ${leg.task.mutex} of target ${leg.target.id} is taken by ${legText(first)}${more}`;
    return [
      { code: "slot-taken", message, blockers: holders.slice(0, blockersMax).map(legBlocker), until: null },
    ];
  },
};

/** The holders of a slot are one exclusive leg or shared ones only, so one of them tells. */
function mayShare(leg: Leg): boolean {
  if (leg.mode === "exclusive") return false;
  for (const holder of leg.line.holders) return holder.mode === "shared";
  return true;
}

const laneFull: Rule = {
  code: "lane-full",
  stopsThe: "line",
  stops: (_state, leg) =>
    leg.line.type === "lane" && leg.line.holders.size >= laneLimit(leg.task.kind, leg.target.policy),
  causes: (_state, leg) => {
    const most = countText(laneLimit(leg.task.kind, leg.target.policy), leg.task.kind);
    const message = `target ${leg.target.id} runs ${most} at once past its slots, and no more`;
    const blockers = [...leg.line.holders].slice(0, blockersMax).map(legBlocker);
    return [{ code: "lane-full", message, blockers, until: null }];
  },
};

const behind: Rule = {
  code: "behind",
  stopsThe: "line",
  stops: (state, leg, now) => leg.line.waiting.first !== leg && legsAhead(state, leg, now).first !== null,
  causes: (state, leg, now) => {
    const { first, count } = legsAhead(state, leg, now);
    if (first === null) return [];
    const message = `${countText(count, "task")} ahead of it in line, first ${legText(first)}`;
    return [{ code: "behind", message, blockers: [legBlocker(first)], until: null }];
  },
};

/**
 * The legs that start before this one, whether it is in line itself or not. What is stuck is ahead of nobody, even while it
 * stands in line: it steps aside as soon as it is at the head. Looks at the whole line, which granting never has to: it
 * looks at heads only.
 */
export function legsAhead(
  state: State,
  leg: Leg,
  now: number,
): { first: Leg | null; count: number; legs: Leg[] } {
  const legs: Leg[] = [];
  for (const other of candidates(leg.line)) {
    if (other.task !== leg.task && precedes(other, leg) && !isStuck(state, other, now)) legs.push(other);
  }
  legs.sort((one, other) => (precedes(one, other) ? -1 : 1));
  return { first: legs[0] ?? null, count: legs.length, legs };
}

/** What is in line, and what will be called into it because there is a permit for it. */
function* candidates(line: Line): Generator<Leg> {
  yield* line.waiting.values();
  for (const queue of line.queues?.values() ?? []) if (!isFull(queue.semaphore)) yield* queue.legs.values();
}

/** Its position, from 1. What concerns the whole target, e.g. that nobody serves it, moves nobody ahead of anybody. */
export function positionOf(state: State, leg: Leg, now: number): number {
  let position = 1;
  for (const other of candidates(leg.line)) {
    if (other.task === leg.task || !precedes(other, leg)) continue;
    const isPassed = isAssembling(other.task)
      ? isStuck(state, other, now)
      : firstOwnObstacle(state, other, now)?.stopsThe === "leg";
    if (!isPassed) position += 1;
  }
  return position;
}

/** It could not start even if every slot were free. */
function isStuck(state: State, leg: Leg, now: number): boolean {
  const isStopped = (each: Leg): boolean => {
    const obstacle = firstOwnObstacle(state, each, now);
    return obstacle !== null && obstacle.stopsThe !== "line";
  };
  if (!isAssembling(leg.task)) return isStopped(leg);
  return (
    leg.task.legs.some((each) => each.state === "waiting" && isStopped(each)) || !couldEverHaveRoom(leg.task)
  );
}

const atCapacity: Rule = {
  code: "at-capacity",
  stopsThe: "line",
  stops: (_state, leg) => leg.mode !== "bypass" && leg.target.sessions.size > 0 && !hasRoom(leg),
  causes: (_state, leg) => {
    const full = [...leg.target.sessions].filter(isEligible);
    if (full.length === 0) return [];
    const blockers = full.map(
      (session): Blocker => ({
        type: "session",
        id: session.id,
        task: null,
        since: null,
        note: `tentacle ${session.tentacle} has ${countText(session.load, "task")} of at most ${session.capacity}`,
      }),
    );
    if (isAssembling(leg.task)) {
      const why = couldEverHaveRoom(leg.task)
        ? "have no room for all of them yet"
        : "never take so many at once";
      const message = `its ${countText(leg.task.legs.length, "leg")} start together, and their tentacles ${why}`;
      return [{ code: "at-capacity", message, blockers, until: null }];
    }
    const keepers = keepersOfRoom(leg);
    if (keepers[0] !== undefined) {
      const message = `the room that the tentacles of target ${leg.target.id} have left is kept for ${taskText(keepers[0])}, which starts on ${countText(keepers[0].legs.length, "target")} at once`;
      return [{ code: "at-capacity", message, blockers: keepers.map(taskBlocker), until: null }];
    }
    const { unclaimed } = leg.target;
    const more = unclaimed === 0 ? "" : `, with ${countText(unclaimed, "task")} that nobody has claimed yet`;
    const message = `every tentacle of target ${leg.target.id} has as many tasks as it takes at once${more}`;
    return [{ code: "at-capacity", message, blockers, until: null }];
  },
};

const together: Rule = {
  code: "together",
  stopsThe: "line",
  stops: (state, leg, now) => othersInTheWay(state, leg, now, 1).length > 0,
  causes: (state, leg, now) => {
    const others = othersInTheWay(state, leg, now, blockersMax);
    const [first] = others;
    if (first === undefined) return [];
    const more =
      others.length > 1 ? ` and ${others.length === blockersMax ? "many" : others.length - 1} more` : "";
    const targets = countText(leg.task.legs.length, "target");
    const why =
      firstObstacle(state, first, now, amongOthers(leg))?.causes(state, first, now)[0]?.message ??
      "it cannot start";
    const message = `it starts on ${targets} at once, and waits for ${first.target.id}${more}: ${why}`;
    return [{ code: "together", message, blockers: others.map(legBlocker), until: null }];
  },
};

/** The other legs of a task that starts together which cannot start now; at most so many. */
function othersInTheWay(state: State, leg: Leg, now: number, most: number): Leg[] {
  const others: Leg[] = [];
  const { task } = leg;
  if (!isAssembling(task)) return others;
  for (const other of task.legs) {
    if (other === leg || other.state !== "waiting") continue;
    if (firstObstacle(state, other, now, amongOthers(leg)) !== null) others.push(other);
    if (others.length === most) return others;
  }
  return others;
}

/**
 * In order of precedence. What concerns the leg and its target: where this stops nothing, the leg only waits for those
 * before it, for room, and for the other legs of its task.
 */
const own: readonly Rule[] = [
  notYet,
  children,
  held,
  joined,
  rolloutFull,
  semaphoreFull,
  offline,
  quarantined,
  slotTaken,
  laneFull,
];
/** For a leg that starts with others, as if it were alone. */
const alone: readonly Rule[] = [...own, behind];
const aloneWithRoom: readonly Rule[] = [...alone, atCapacity];
export const rules: readonly Rule[] = [...own, behind, atCapacity, together];

/** The room is that of all legs of a task which take any: only to a leg that takes none it is a matter of others. */
function amongOthers(leg: Leg): readonly Rule[] {
  return leg.mode === "bypass" ? aloneWithRoom : alone;
}

/** The first rule that stops a leg; `null`: it can be granted. */
export function firstObstacle(
  state: State,
  leg: Leg,
  now: number,
  among: readonly Rule[] = rules,
): Rule | null {
  for (const rule of among) if (rule.stops(state, leg, now)) return rule;
  return null;
}

/** The same, apart from those that go before it, from the room, and from the other legs of its task. */
export function firstOwnObstacle(state: State, leg: Leg, now: number): Rule | null {
  return firstObstacle(state, leg, now, own);
}
