import type { Mutant } from "../mutant.ts";

/** What keeps legs from starting for a while. */
export const holdMutants: readonly Mutant[] = [
  {
    name: "A hold is not looked at where a leg comes back into its line.",
    law: "7, holds",
    file: "engine/src/rules.ts",
    find: `stops: (state, leg, now) => stoppingHold(state, leg, now) !== null,`,
    replace: `stops: (state, leg, now) => leg.attempt === 0 && stoppingHold(state, leg, now) !== null,`,
  },
  {
    name: "Holds do not stop bypassing legs.",
    law: "7, holds",
    file: "engine/src/rules.ts",
    find: `stops: (state, leg, now) => stoppingHold(state, leg, now) !== null,`,
    replace: `stops: (state, leg, now) => leg.mode !== "bypass" && stoppingHold(state, leg, now) !== null,`,
  },
  {
    name: "A grant is claimed although a hold has come over it.",
    law: "7, holds",
    file: "engine/src/report.ts",
    find: `  if (stoppingHold(turn.state, leg, turn.at) !== null && `,
    replace: `  if (stoppingHold(turn.state, leg, turn.at) !== null && leg.state !== "granted" && `,
  },
  {
    name: "What would not be over when a window begins starts before it.",
    law: "7, holds",
    file: "engine/src/hold.ts",
    find: `return hold.active || now + estimatedMs(state, leg) > hold.from;`,
    replace: `return hold.active;`,
  },
  {
    name: "A window counts a leg of unknown duration as short.",
    law: "7, holds",
    file: "engine/src/estimate.ts",
    find: `return expectedMs(leg) ?? state.settings.unknownEstimateMs;`,
    replace: `return expectedMs(leg) ?? Math.min(1, state.settings.unknownEstimateMs);`,
  },
  {
    name: "A hold begins at the next tick only.",
    law: "7, holds",
    file: "engine/src/engine.ts",
    find: `      turn.begin(command);
      tickStarts(turn);`,
    replace: `      turn.begin(command);`,
    judge: "model",
  },
  {
    name: "Of several holds, the end of one frees all that they cover.",
    law: "7, holds",
    file: "engine/src/hold.ts",
    find: `for (const hold of holdsOf(state, leg.target)) if (stops(state, hold, leg, now)) return hold;
  return null;`,
    replace: `const [hold] = holdsOf(state, leg.target);
  return hold !== undefined && stops(state, hold, leg, now) ? hold : null;`,
  },
  {
    name: "A hold by tag does not follow a change of tags.",
    law: "7, holds",
    file: "engine/src/target.ts",
    find: `    target.tags = command.tags;
    recheckHeldLegs(turn, target);`,
    replace: `    target.tags = command.tags;`,
  },
  {
    name: "A hold ends, and what it held stays aside.",
    law: "liveness",
    file: "engine/src/hold.ts",
    find: `  freeHeldLegs(turn, hold, () => true);`,
    replace: ``,
  },
];
