import { attemptMutants } from "./engine/attempts.ts";
import { holdMutants } from "./engine/holds.ts";
import { planMutants } from "./engine/plans.ts";
import { sessionMutants } from "./engine/sessions.ts";
import { slotMutants } from "./engine/slots.ts";
import { identityMutants } from "./identity.ts";
import { loopMutants } from "./loop.ts";
import type { Mutant } from "./mutant.ts";

const everyMutant: readonly Mutant[] = [
  ...slotMutants,
  ...attemptMutants,
  ...holdMutants,
  ...sessionMutants,
  ...planMutants,
  ...loopMutants,
  ...identityMutants,
];

/** Those that a checker is known to notice. */
export const allMutants: readonly Mutant[] = everyMutant.filter(({ isUnnoticed }) => isUnnoticed !== true);

/** Holes of the checkers. */
export const unnoticedMutants: readonly Mutant[] = everyMutant.filter(
  ({ isUnnoticed }) => isUnnoticed === true,
);
