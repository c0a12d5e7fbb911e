// Who may hold what: exclusion, order, holds, lanes and capacity.
import type { LegRecord } from "@berth/engine";
import { broken, type Law, type Step } from "./check.ts";
import { covering } from "./covering.ts";
import { holding } from "./permit-counts.ts";
import { mayServe, type StoredRecords } from "./stored.ts";
import { isAssembling, isStuck } from "./stuck.ts";

const ranks: readonly string[] = ["top", "high", "normal", "low"];

/** What legs compete for: their slot, or the lane of their kind. */
function lineOf(stored: StoredRecords, leg: LegRecord): string {
  const task = stored.taskOf(leg);
  return leg.mode === "bypass" ? `${leg.target}: ${task.kind}` : `${leg.target}/${task.mutex}`;
}

/** Law 1. */
const exclusion: Law = ({ stored }) => {
  const holders = stored.liveLegs().filter((leg) => holding.has(leg.state) && leg.mode !== "bypass");
  for (const [slot, legs] of Map.groupBy(holders, (leg) => lineOf(stored, leg))) {
    if (legs.length > 1 && legs.some((leg) => leg.mode === "exclusive"))
      broken("1, exclusion", `${legs.map((leg) => `${leg.id} (${leg.mode})`).join(", ")} hold ${slot}`);
  }
};

/** Law 1: what was given up may still run. */
const quarantine: Law = ({ granted, quarantined, stored }) => {
  for (const leg of granted) {
    if (leg.mode !== "bypass" && quarantined.has(lineOf(stored, leg)))
      broken("1, exclusion", `${leg.id} was granted in a slot that is quarantined`);
  }
};

/** Law 2. */
const lanes: Law = ({ granted, stored }) => {
  for (const leg of granted.filter(({ mode }) => mode === "bypass")) {
    const line = lineOf(stored, leg);
    const others = stored.liveLegs().filter((other) => holding.has(other.state) && other.mode === "bypass");
    const count = others.filter((other) => lineOf(stored, other) === line).length;
    const most = stored.targets.get(leg.target)?.policy.lanes?.[stored.taskOf(leg).kind] ?? 1;
    if (count > most) broken("2, bypass", `${count} legs are in lane ${line}, which takes ${most}`);
  }
};

/** Law 4: whoever is granted passes nobody who could have started. */
const order: Law = (step) => {
  const { command, granted, stored } = step;
  const waiting = stored.liveLegs().filter((leg) => leg.state === "waiting");
  for (const leg of granted.filter((each) => !goesOn(step, each))) {
    for (const other of waiting) {
      if (lineOf(stored, other) !== lineOf(stored, leg) || !precedes(stored, other, leg)) continue;
      if (!isStuck(stored, other, command.at) && !isPassedBy(stored, other))
        broken("4, order", `${leg.id} was granted before ${other.id}`);
    }
  }
};

function precedes(stored: StoredRecords, one: LegRecord, other: LegRecord): boolean {
  const [a, b] = [stored.taskOf(one), stored.taskOf(other)];
  const byClass = ranks.indexOf(a.status.priority) - ranks.indexOf(b.status.priority);
  return byClass === 0 ? a.order < b.order : byClass < 0;
}

/** Laws 2 and 4: to join another costs nobody its place. */
const joining: Law = ({ stored }) => {
  for (const leg of stored.liveLegs()) {
    const leader = leg.joined === null ? undefined : stored.legs.get(leg.joined);
    if (leader?.state === "waiting" && precedes(stored, leg, leader))
      broken("4, order", `${leg.id} goes before ${leader.id}, and waits for its run`);
  }
};

/** A bypassing leg of a task that starts together makes nobody wait. */
function isPassedBy(stored: StoredRecords, leg: LegRecord): boolean {
  return leg.mode === "bypass" && isAssembling(stored, stored.taskOf(leg));
}

/** The slot passes from one step to the next one: nothing is in between, so nobody is passed. */
function goesOn({ before, stored }: Step, leg: LegRecord): boolean {
  const was = before.get(leg.id);
  if (was === undefined || !holding.has(was.state) || leg.step !== was.step + 1) return false;
  return stored.taskOf(leg).plan?.slotScope === "task";
}

/** Law 7. */
const holds: Law = (step) => {
  const { command, granted, stored } = step;
  for (const leg of granted.filter((each) => !goesOn(step, each))) {
    const [hold] = covering(stored, leg, command.at);
    if (hold !== undefined) broken("7, holds", `${leg.id} was granted while hold ${hold} covers it`);
  }
};

/** A session gets what it serves, nothing while it drains, and no more than it takes at once. */
const capacity: Law = ({ granted, stored }) => {
  const legs = stored.liveLegs();
  for (const leg of granted) {
    const serving = [...stored.sessions.values()].filter(
      (session) => mayServe(session, stored, leg.target) && !session.draining,
    );
    if (serving.length === 0) broken("4, order", `${leg.id} was granted, and nobody serves ${leg.target}`);
    if (leg.session === null) continue;
    const session = serving.find(({ id }) => id === leg.session);
    if (session === undefined)
      broken("4, order", `${leg.id} was granted to ${leg.session}, which takes nothing`);
    const load = legs.filter((other) => other.session === session.id && other.mode !== "bypass").length;
    if (leg.mode !== "bypass" && load > session.capacity)
      broken("4, order", `${session.id} got ${load} tasks and takes ${session.capacity}`);
  }
};

export const grantLaws: readonly Law[] = [exclusion, quarantine, lanes, order, joining, holds, capacity];
