// Each failed attempt makes exactly one OOPS, in the very decisions that tell of its failure.
import type { LegRecord, OopsRecord } from "@berth/engine";
import { broken, type Law, type Step } from "./check.ts";

const seen = new WeakMap<object, Set<string>>();

/** Law 6. */
const exactlyOne: Law = (step) => {
  const known = seen.get(step.stored) ?? new Set<string>();
  seen.set(step.stored, known);
  const oopses = step.decisions.changes.flatMap((change) => (change.type === "oops" ? [change.oops] : []));
  for (const oops of oopses) {
    const attempt = oops.leg === null ? oops.id : `${oops.leg} ${oops.token}`;
    if (known.has(oops.id) || known.has(attempt)) broken("6, OOPS", `${oops.id} was made twice`);
    known.add(oops.id).add(attempt);
    if (oops.leg !== null && oops.token === null)
      broken("6, OOPS", `${oops.id} does not say which grant it belongs to`);
  }
  for (const leg of step.after) expectOopsOf(step, leg, oopses, known);
};

function expectOopsOf(
  step: Step,
  leg: LegRecord,
  oopses: readonly OopsRecord[],
  known: ReadonlySet<string>,
): void {
  const was = step.before.get(leg.id);
  if (was === undefined) return;
  const own = oopses.filter((oops) => oops.leg === leg.id);
  // What comes back for another version has one attempt left, however many it had.
  const failedOnceMore = leg.failures > was.failures && was.state !== "parked";
  const failed = failedOnceMore || (leg.state === "unavailable" && leg.joined === null);
  if (failed && own.length !== 1)
    broken("6, OOPS", `an attempt of ${leg.id} failed, with ${own.length} OOPS`);
  const timedOut = leg.cancel?.endsAs === "failed";
  if (timedOut && !known.has(`oops-${leg.id}.${leg.attempt}`))
    broken("6, OOPS", `attempt ${leg.attempt} of ${leg.id} timed out without an OOPS`);
  const isNone = leg.state === "succeeded" || leg.state === "timed-out" || leg.attempt < was.attempt;
  if (isNone && own.length > 0) broken("6, OOPS", `no attempt of ${leg.id} failed, and it has an OOPS`);
}

/**
 * Attempts are numbered from 1, and what was given back unstarted was none: so all before this one failed, or did a step. One that was
 * lost and adopted may have done both.
 */
const attemptsAreCounted: Law = ({ granted, stored }) => {
  const oopses = Map.groupBy(stored.oopses.values(), (oops) => oops.leg);
  for (const leg of granted) {
    const failed = oopses.get(leg.id) ?? [];
    const lost = failed.filter(({ consequence }) => consequence === "parked").length;
    const most = failed.length + leg.step + 1;
    const least = most - Math.min(lost, leg.step);
    if (leg.attempt > most || leg.attempt < least)
      broken("6, OOPS", `${leg.id} has its attempt ${leg.attempt}; by its OOPS and steps it is ${most}`);
  }
};

export const oopsLaws: readonly Law[] = [exactlyOne, attemptsAreCounted];
