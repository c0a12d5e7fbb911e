import type { Blocker, Cause, CauseCode } from "./explanation.ts";
import { coveringHolds } from "./hold.ts";
import { precedes } from "./line.ts";
import { countText, durationText } from "./phrase.ts";
import { laneLimit } from "./policy.ts";
import { hasRoomSomewhere, isEligible } from "./serving.ts";
import type { Leg, State } from "./state.ts";

/**
 * A rule of granting. A leg is granted when none of the rules stops it; `explain` asks the same rules, and lets each
 * one that stops the leg say why. So what people are told is what decides.
 */
export interface Rule {
  readonly code: CauseCode;
  /** `leg`: what is behind this leg goes on without it. `line`: nothing behind it can start either. */
  readonly stopsThe: "leg" | "line";
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

const held: Rule = {
  code: "held",
  stopsThe: "leg",
  stops: (state, leg) => coveringHolds(state, leg, 1).length > 0,
  causes: (state, leg) =>
    coveringHolds(state, leg, 1000).map((hold) => ({
      code: "held",
      message: `a hold by ${hold.owner} covers it: ${hold.reason}`,
      blockers: [
        { type: "hold", id: hold.id, task: null, since: hold.from, note: `${hold.owner}: ${hold.reason}` },
      ],
      until: hold.until,
    })),
};

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

const offline: Rule = {
  code: "offline",
  stopsThe: "line",
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
  stopsThe: "line",
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
  stops: (state, leg) => leg.line.waiting.first !== leg && legsAhead(state, leg).first !== null,
  causes: (state, leg) => {
    const { first, count } = legsAhead(state, leg);
    if (first === null) return [];
    const message = `${countText(count, "task")} ahead of it in line, first ${legText(first)}`;
    return [{ code: "behind", message, blockers: [legBlocker(first)], until: null }];
  },
};

/**
 * The legs that start before this one, whether it is in line itself or not. A hold may have come over a leg that still
 * stands in line: that one steps aside as soon as it is at the head, so it is ahead of nobody. Looks at the whole line,
 * which granting never has to: it looks at heads only.
 */
export function legsAhead(state: State, leg: Leg): { first: Leg | null; count: number } {
  let first: Leg | null = null;
  let count = 0;
  for (const other of leg.line.waiting.values()) {
    if (other === leg || !precedes(other, leg) || held.stops(state, other, 0)) continue;
    count += 1;
    if (first === null || precedes(other, first)) first = other;
  }
  return { first, count };
}

const atCapacity: Rule = {
  code: "at-capacity",
  stopsThe: "line",
  stops: (_state, leg) =>
    leg.mode !== "bypass" && leg.target.sessions.size > 0 && !hasRoomSomewhere(leg.target),
  causes: (_state, leg) => {
    const full = [...leg.target.sessions].filter(isEligible);
    const blockers = full.map(
      (session): Blocker => ({
        type: "session",
        id: session.id,
        task: null,
        since: null,
        note: `tentacle ${session.tentacle} has ${countText(session.load, "task")} of at most ${session.capacity}`,
      }),
    );
    const { unclaimed } = leg.target;
    const more = unclaimed === 0 ? "" : `, with ${countText(unclaimed, "task")} that nobody has claimed yet`;
    const message = `every tentacle of target ${leg.target.id} has as many tasks as it takes at once${more}`;
    return full.length === 0 ? [] : [{ code: "at-capacity", message, blockers, until: null }];
  },
};

/** In order of precedence: what concerns the leg alone comes first, since only then it stops nobody else. */
export const rules: readonly Rule[] = [
  notYet,
  held,
  joined,
  offline,
  quarantined,
  slotTaken,
  laneFull,
  behind,
  atCapacity,
];

/** The first rule that stops a leg; `null`: it can be granted. */
export function firstObstacle(state: State, leg: Leg, now: number): Rule | null {
  for (const rule of rules) if (rule.stops(state, leg, now)) return rule;
  return null;
}

/** Enough to name to a person; how many there are is in the message. */
const blockersMax = 20;

function legBlocker(leg: Leg): Blocker {
  // A slot is taken from the grant on, and not from the start.
  const since = leg.grantedAt ?? leg.task.queuedAt;
  return {
    type: "leg",
    id: leg.id,
    task: leg.task.id,
    since,
    note: `${legText(leg)}, ${leg.mode}, ${leg.state}`,
  };
}

function legText(leg: Leg): string {
  return `${leg.task.kind} "${leg.task.name}" (${leg.task.id})`;
}
