import type { Mutant } from "../mutant.ts";

/** What becomes of an attempt, and what is told of it. */
export const attemptMutants: readonly Mutant[] = [
  {
    name: "A report counts with the token of an earlier grant.",
    law: "5, fencing",
    file: "engine/src/report.ts",
    find: `return leg !== undefined && leg.token === token ? leg : null;`,
    replace: `return leg !== undefined && token !== "" ? leg : null;`,
  },
  {
    name: "A report counts from a session that does not hold the grant.",
    law: "5, fencing",
    file: "engine/src/report.ts",
    find: `leg === null || leg.session === null || leg.session.id !== command.session`,
    replace: `leg === null || leg.session === null`,
    judge: "model",
  },
  {
    name: "Whoever claims a grant that another one has may run it, too.",
    law: "1, exclusion",
    file: "engine/src/report.ts",
    find: `  if (leg.session !== null) {
    turn.send({ type: "revoke"`,
    replace: `  if (leg.session !== null && leg.startedAt === null) return run;
  if (leg.session !== null) {
    turn.send({ type: "revoke"`,
  },
  {
    name: "A claim is answered with run and nobody is noted as the holder.",
    law: "1, exclusion",
    file: "engine/src/report.ts",
    find: `  becomeClaimed(turn, leg, session);
  return run;`,
    replace: `  return run;`,
  },
  {
    name: "A slot is free as soon as its holder is asked to end.",
    law: "1, exclusion",
    file: "engine/src/leg.ts",
    find: `  leg.cancel = cancel;
  leg.reason = cancel.reason;`,
    replace: `  leg.cancel = cancel;
  if (leg.line.holders.delete(leg)) givePermits(turn, leg);
  turn.pump(leg.line);
  leg.reason = cancel.reason;`,
  },
  {
    name: "A cancelled attempt is over at once, although its tentacle still runs it.",
    law: "1, exclusion",
    file: "engine/src/control.ts",
    find: `askForEnd(turn, leg, by, reason, "canceled");`,
    replace: `becomeEnded(turn, leg, "canceled", reason);`,
  },
  {
    name: "The slot of an attempt that was given up is not quarantined.",
    law: "1, exclusion",
    file: "engine/src/tick.ts",
    find: `  quarantineSlot(turn, leg);
  endCancelled(`,
    replace: `  endCancelled(`,
    judge: "model",
  },
  {
    name: "A quarantine ends when any tentacle opens a session.",
    law: "1, exclusion",
    file: "engine/src/quarantine.ts",
    find: `    if (sessions.includes(quarantine.session)) remove(turn, slot, token);`,
    replace: `    remove(turn, slot, token);`,
    judge: "model",
  },
  {
    name: "A quarantined slot is granted all the same.",
    law: "1, exclusion",
    file: "engine/src/rules.ts",
    find: `leg.line.type === "slot" && leg.line.quarantines.size > 0,`,
    replace: `leg.line.type === "slot" && leg.line.quarantines.size > 1,`,
  },
  {
    name: "A timeout makes no OOPS.",
    law: "6, OOPS",
    file: "engine/src/attempt.ts",
    find: `  recordTimeout(turn, leg);
  askForEnd(`,
    replace: `  askForEnd(`,
    judge: "model",
  },
  {
    name: "An attempt that timed out and then fails makes a second OOPS.",
    law: "6, OOPS",
    file: "engine/src/attempt.ts",
    find: `if (failure !== null && cancel.endsAs === "canceled") recordOops`,
    replace: `if (failure !== null) recordOops`,
    judge: "laws",
  },
  {
    name: "An attempt that parks its leg makes no OOPS.",
    law: "6, OOPS",
    file: "engine/src/attempt.ts",
    find: `    recordOops(turn, leg, failure, "parked");
    const reason = \`\${countText(`,
    replace: `    const reason = \`\${countText(`,
  },
  {
    name: "A deploy whose result nobody knows runs again.",
    law: "8, truth",
    file: "engine/src/policy.ts",
    find: `deploy: { mode: "exclusive", attempts: 5, onUnknownResult: "park" }`,
    replace: `deploy: { mode: "exclusive", attempts: 5, onUnknownResult: "retry" }`,
  },
  {
    name: "An attempt that ended as it was asked to has succeeded.",
    law: "8, truth",
    file: "engine/src/attempt.ts",
    find: `  becomeEnded(turn, leg, cancel.endsAs, cancel.reason);`,
    replace: `  becomeEnded(turn, leg, failure === null ? "succeeded" : cancel.endsAs, cancel.reason);`,
  },
  {
    name: "A lost attempt that had been cancelled counts as succeeded.",
    law: "8, truth",
    file: "engine/src/attempt.ts",
    find: `  if (leg.state === "cancelling") {
    endCancelled(turn, leg, failure);
  } else if (onUnknownResult`,
    replace: `  if (leg.state === "cancelling") {
    becomeEnded(turn, leg, "succeeded", null);
  } else if (onUnknownResult`,
  },
  {
    name: "An attempt that timed out and succeeds after all ends as succeeded.",
    law: "8, truth",
    file: "engine/src/report.ts",
    find: `  if (asked && outcome.type === "succeeded" && !hasNextStep(leg))`,
    replace: `  if (outcome.type === "succeeded" && !hasNextStep(leg))`,
    judge: "model",
  },
  {
    name: "A tentacle that gives back what it had started gets it again.",
    law: "8, truth",
    file: "engine/src/report.ts",
    find: `if (leg.startedAt === null || leg.state === "cancelling") {`,
    replace: `if (leg.startedAt === null || leg.state !== "granted") {`,
    judge: "model",
  },
  {
    name: "What runs in a session that is closed counts as never started.",
    law: "8, truth",
    file: "engine/src/session.ts",
    find: `for (const leg of session.legs) if (leg.startedAt === null) returnUnstarted(turn, leg);`,
    replace: `for (const leg of session.legs) returnUnstarted(turn, leg);`,
    judge: "model",
  },
  {
    name: "A failed attempt does not count.",
    law: "6, OOPS",
    file: "engine/src/attempt.ts",
    find: `if (!wasLost(leg)) leg.failures += 1;`,
    replace: `if (wasLost(leg)) leg.failures += 1;`,
    judge: "model",
  },
  {
    name: "A cancel ends legs again that had ended.",
    law: "8, truth",
    file: "engine/src/control.ts",
    find: `if (leg.state === "waiting" || leg.state === "parked" || isUnclaimed(leg))`,
    replace: `if (leg.session === null)`,
  },
];
