import type { Mutant } from "../mutant.ts";

/** Who may hold what, and in which order. */
export const slotMutants: readonly Mutant[] = [
  {
    name: "An exclusive leg starts beside shared ones.",
    law: "1, exclusion",
    file: "engine/src/rules.ts",
    find: `  if (leg.mode === "exclusive") return false;\n  for (const holder`,
    replace: `  for (const holder`,
  },
  {
    name: "A shared leg starts beside an exclusive one.",
    law: "1, exclusion",
    file: "engine/src/rules.ts",
    find: `for (const holder of leg.line.holders) return holder.mode === "shared";\n  return true;`,
    replace: `return true;`,
  },
  {
    name: "A waiting exclusive leg does not stop later shared ones.",
    law: "4, order",
    file: "engine/src/grant.ts",
    find: `    wait(turn, line, leg, obstacle);\n    return;`,
    replace: `    wait(turn, line, leg, obstacle);
    if (line.type === "lane" || !isShared(line) || obstacle.code !== "slot-taken") return;
    const later = [...line.waiting.values()].find((each) => each.mode === "shared" && !isAssembling(each.task));
    if (later === undefined || stoppingHold(turn.state, later, turn.at) !== null) return;
    grant(turn, later);
    return;`,
  },
  {
    name: "Within a priority class, the last one submitted goes first.",
    law: "4, order",
    file: "engine/src/line.ts",
    find: `a.order < b.order`,
    replace: `a.order > b.order`,
  },
  {
    name: "The priority class of a task does not count.",
    law: "4, order",
    file: "engine/src/line.ts",
    find: `a.rank < b.rank || (a.rank === b.rank && a.order < b.order)`,
    replace: `a.order < b.order`,
  },
  {
    name: "A retry goes behind all that were submitted meanwhile.",
    law: "4, order",
    file: "engine/src/attempt.ts",
    find: `    const readyAt = turn.at + backoffMs(turn, leg.failures);`,
    replace: `    const readyAt = turn.at + backoffMs(turn, leg.failures);
    turn.state.orderCounter += 1;
    leg.task.order = turn.state.orderCounter;`,
  },
  {
    name: "A leg that waits for its back-off stands in line, and stops those behind it.",
    law: "4, order",
    file: "engine/src/leg.ts",
    find: `    state.timers.set(leg, expiry === null ? leg.readyAt : Math.min(leg.readyAt, expiry));
    return;`,
    replace: `    state.timers.set(leg, expiry === null ? leg.readyAt : Math.min(leg.readyAt, expiry));
    if (!isAssembling(leg.task)) leg.line.waiting.add(leg);
    return;`,
  },
  {
    name: "A lane takes one leg more than its limit.",
    law: "2, bypass",
    file: "engine/src/rules.ts",
    find: `leg.line.holders.size >= laneLimit(leg.task.kind, leg.target.policy)`,
    replace: `leg.line.holders.size > laneLimit(leg.task.kind, leg.target.policy)`,
  },
  {
    name: "Bypassing legs count in the room of their tentacle.",
    law: "2, bypass",
    file: "engine/src/leg.ts",
    find: `  session.legs.add(leg);
  if (leg.mode !== "bypass") session.load += 1;`,
    replace: `  session.legs.add(leg);
  session.load += 1;`,
  },
  {
    name: "A bypassing leg waits for room in its tentacle.",
    law: "2, bypass",
    file: "engine/src/rules.ts",
    find: `leg.mode !== "bypass" && leg.target.sessions.size > 0 && !hasRoom(leg)`,
    replace: `leg.target.sessions.size > 0 && !hasRoom(leg)`,
  },
  {
    name: "A tentacle gets more than it takes at once.",
    law: "4, order",
    file: "engine/src/room.ts",
    find: `return Math.max(0, session.capacity - session.load);`,
    replace: `return session.capacity;`,
  },
  {
    name: "A tentacle that drains still gets something new.",
    law: "4, order",
    file: "engine/src/serving.ts",
    find: `return !session.draining;`,
    replace: `return session.capacity > 0;`,
  },
  {
    name: "A check joins one that goes behind it.",
    law: "4, order",
    file: "engine/src/submit.ts",
    find: `if (leader !== undefined && precedes(leader, leg)) join(leg, leader);`,
    replace: `if (leader !== undefined) join(leg, leader);`,
    judge: "model",
  },
  {
    name: "What was joined to a check that is canceled goes with it.",
    law: "8, truth",
    file: "engine/src/followers.ts",
    find: `if (state === "canceled" || state === "timed-out") {`,
    replace: `if (state === "timed-out") {`,
    judge: "model",
  },
  {
    name: "A slot that becomes free is not looked at.",
    law: "liveness",
    file: "engine/src/leg.ts",
    find: `  givePermits(turn, leg);
  turn.pump(leg.line);`,
    replace: `  givePermits(turn, leg);`,
  },
  {
    name: "Nobody is looked at while a shared holder is there.",
    law: "model",
    judge: "model",
    file: "engine/src/grant.ts",
    find: `for (const holder of holders) return holder.mode === "exclusive";
  return false;`,
    replace: `return true;`,
  },
];
