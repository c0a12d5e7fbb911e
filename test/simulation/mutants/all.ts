import { attemptMutants } from "./engine/attempts.ts";
import { holdMutants } from "./engine/holds.ts";
import { planMutants } from "./engine/plans.ts";
import { sessionMutants } from "./engine/sessions.ts";
import { slotMutants } from "./engine/slots.ts";
import { loopMutants } from "./loop.ts";
import type { Mutant } from "./mutant.ts";

export const allMutants: readonly Mutant[] = [
  ...slotMutants,
  ...attemptMutants,
  ...holdMutants,
  ...sessionMutants,
  ...planMutants,
  ...loopMutants,
];
