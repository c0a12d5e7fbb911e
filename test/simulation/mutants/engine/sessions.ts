import type { Mutant } from "../mutant.ts";

/** Leases, restarts, and what a new owner goes on from. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: "A lease ends after half of its time.",
    law: "10, freed in time",
    file: "engine/src/session.ts",
    find: `session.leaseUntil = turn.at + turn.state.settings.leaseMs;`,
    replace: `session.leaseUntil = turn.at + turn.state.settings.leaseMs / 2;`,
  },
  {
    name: "A lease that has ended is noticed only when something else happens.",
    law: "10, freed in time",
    file: "engine/src/timers.ts",
    find: `return first(this.#starts.first, this.#ends.first)?.timerAt ?? null;`,
    replace: `return this.#starts.first?.timerAt ?? null;`,
    judge: "model",
  },
  {
    name: "What a lost session ran keeps its slot.",
    law: "10, freed in time",
    file: "engine/src/session.ts",
    find: `    loseAttempt(turn, leg, { type: "SessionLost", value: why, text: null });`,
    replace: `    if (leg.startedAt === null) loseAttempt(turn, leg, { type: "SessionLost", value: why, text: null });`,
  },
  {
    name: "A standstill does not prolong the leases.",
    law: "10, freed in time",
    file: "engine/src/session.ts",
    find: `    turn.state.unheard.delete(session);
    turn.state.timers.set(session, session.leaseUntil);`,
    replace: ``,
    judge: "model",
  },
  {
    name: "A new owner gives sessions no new lease.",
    law: "10, freed in time",
    file: "engine/src/load.ts",
    find: `newSession(record, at + state.settings.leaseMs)`,
    replace: `newSession(record, at)`,
    judge: "model",
  },
  {
    name: "A new owner counts orders from the beginning.",
    law: "4, order",
    file: "engine/src/load.ts",
    find: `  state.orderCounter = records.counters.order;\n`,
    replace: "",
  },
  {
    name: "A new owner counts tokens from the beginning.",
    law: "5, fencing",
    file: "engine/src/load.ts",
    find: `  state.tokenCounter = records.counters.token;\n`,
    replace: "",
  },
  {
    name: "A new owner has forgotten the quarantines.",
    law: "1, exclusion",
    file: "engine/src/load.ts",
    find: `  for (const record of records.quarantines) loadQuarantine(state, record);\n`,
    replace: "",
  },
  {
    name: "A new owner has forgotten who holds what.",
    law: "1, exclusion",
    file: "engine/src/load.ts",
    find: `  leg.line.holders.add(leg);
  takePermits(turn, leg);
}`,
    replace: `  takePermits(turn, leg);
}`,
  },
  {
    name: "A new owner sets no deadline for what is cancelled.",
    law: "10, freed in time",
    file: "engine/src/load.ts",
    find: `      timers.set(leg, leg.cancel?.deadlineAt ?? turn.at);\n`,
    replace: "",
    judge: "model",
  },
  {
    name: "A new owner does not send again what was granted.",
    law: "3, nothing lost",
    file: "engine/src/tick.ts",
    find: `if (leg.state === "granted") turn.send(delivery(leg));
    else if`,
    replace: `if`,
  },
  {
    name: "A session that opens goes on with attempts under any token.",
    law: "5, fencing",
    file: "engine/src/adopt.ts",
    find: `if (leg.token === token && isOf(leg, session, predecessors)) {`,
    replace: `if (isOf(leg, session, predecessors)) {`,
    judge: "model",
  },
  {
    name: "An attempt that is found again takes its slot although another one has it.",
    law: "1, exclusion",
    file: "engine/src/adopt.ts",
    find: `  if (mode === "exclusive") return line.holders.size === 0;`,
    replace: `  if (mode === "exclusive") return true;`,
    judge: "model",
  },
  {
    name: "A cancelled attempt has no deadline.",
    law: "liveness",
    file: "engine/src/attempt.ts",
    find: `becomeCancelling(turn, leg, { at: turn.at, by, reason, deadlineAt, endsAs });`,
    replace: `becomeCancelling(turn, leg, { at: turn.at, by, reason, deadlineAt: deadlineAt * 2, endsAs });`,
    judge: "model",
  },
];
