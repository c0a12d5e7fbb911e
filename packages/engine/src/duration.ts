import { addTo, deleteFrom } from "./keyed.ts";
import type { DurationRecord } from "./record.ts";
import type { Leg, Target } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { TaskKind } from "./words.ts";

/** How long attempts at one target took, by the name of their task, the name that was seen last being the last one. */
export type Durations = Map<string, Duration[]>;

interface Duration {
  readonly kind: TaskKind;
  readonly step: number;
  /** Whole seconds, oldest first. */
  seconds: number[];
  /** What all of `seconds` are; `null`: they differ, or there may be more of them. */
  steady: number | null;
  /** The 95th percentile; `null`: too few are known to say. */
  p95: number | null;
}

/** What took longer than 19 of 20 others should not stay what is expected for longer than 20 runs. */
const samplesMax = 20;
/** One run says little about the next. */
const samplesMin = 3;
/** Tasks with ever new names must not fill the memory; nothing can be learned from them anyway. */
const namesMax = 50;

function find(
  durations: readonly Duration[] | undefined,
  kind: TaskKind,
  step: number,
): Duration | undefined {
  return durations?.find((each) => each.kind === kind && each.step === step);
}

/** How long a step of a leg takes as a rule, ms; `null`: it is not known. */
export function learnedMs(leg: Leg, step: number): number | null {
  const { durations } = leg.target;
  if (durations === null) return null;
  const duration = find(durations.get(leg.task.name), leg.task.kind, step);
  return duration === undefined || duration.p95 === null ? null : duration.p95 * 1_000;
}

/**
 * An attempt has succeeded. What is stored is written only when the expectation changes, so that learning costs nothing
 * as long as nothing new is learned. Returns whether it has.
 */
export function learn(turn: Turn, leg: Leg, ms: number): boolean {
  const { target, task } = leg;
  const duration = durationOf(turn, leg);
  const took = Math.max(1, Math.ceil(ms / 1_000));
  if (took === duration.steady) return false;
  duration.seconds.push(took);
  if (duration.seconds.length > samplesMax) duration.seconds.shift();
  duration.steady = steadyOf(duration.seconds);
  const p95 = percentile(duration.seconds);
  if (p95 === duration.p95) return false;
  duration.p95 = p95;
  turn.record({ type: "duration", duration: durationRecord(target, task.name, duration) });
  return true;
}

function durationOf(turn: Turn, { target, task, step }: Leg): Duration {
  target.durations ??= new Map();
  let named = target.durations.get(task.name);
  if (named === undefined) {
    named = [];
    target.durations.set(task.name, named);
    if (target.durations.size > namesMax) forgetOldest(turn, target, target.durations);
  } else if (target.durations.size === namesMax) {
    // What is used is not forgotten, once anything is.
    target.durations.delete(task.name);
    target.durations.set(task.name, named);
  }
  let duration = find(named, task.kind, step);
  if (duration === undefined) {
    duration = { kind: task.kind, step, seconds: [], steady: null, p95: null };
    named.push(duration);
  }
  return duration;
}

function steadyOf(seconds: readonly number[]): number | null {
  const [first] = seconds;
  if (first === undefined || seconds.length < samplesMax) return null;
  return seconds.every((each) => each === first) ? first : null;
}

/** The 95th percentile by the nearest rank: of 20 it is the second longest, of fewer the longest. */
function percentile(seconds: readonly number[]): number | null {
  if (seconds.length < samplesMin) return null;
  let longest = 0;
  let second = 0;
  for (const each of seconds) {
    if (each >= longest) {
      second = longest;
      longest = each;
    } else if (each > second) second = each;
  }
  return seconds.length < samplesMax ? longest : second;
}

function forgetOldest(turn: Turn, target: Target, durations: Durations): void {
  for (const [name, named] of durations) {
    // What waits for a window would have to be looked at again.
    if (target.awaitingShorter?.has(name)) continue;
    durations.delete(name);
    for (const duration of named) removeRecord(turn, target, name, duration);
    return;
  }
}

export function forgetDurations(turn: Turn, target: Target): void {
  for (const [name, named] of target.durations ?? []) {
    for (const duration of named) removeRecord(turn, target, name, duration);
  }
  target.durations = null;
}

function removeRecord(turn: Turn, target: Target, name: string, duration: Duration): void {
  if (duration.p95 === null) return;
  turn.record({ type: "duration.removed", id: durationRecord(target, name, duration).id });
}

function durationRecord(target: Target, name: string, { kind, step, seconds }: Duration): DurationRecord {
  const id = `${target.id}|${kind}|${step}|${name}`;
  return { id, target: target.id, kind, name, step, seconds: [...seconds] };
}

export function loadDuration(target: Target, record: DurationRecord): void {
  target.durations ??= new Map();
  const named = target.durations.get(record.name) ?? [];
  target.durations.set(record.name, named);
  const seconds = [...record.seconds];
  const p95 = percentile(seconds);
  named.push({
    kind: record.kind,
    step: record.step,
    seconds,
    steady: steadyOf(seconds),
    p95,
  });
}

export function* durationRecords(target: Target): Generator<DurationRecord> {
  for (const [name, named] of target.durations ?? []) {
    for (const duration of named) if (duration.p95 !== null) yield durationRecord(target, name, duration);
  }
}

/** The leg waits because a window is too short for what is known of its like, or because nothing is. */
export function awaitShorter(leg: Leg): void {
  leg.target.awaitingShorter ??= new Map();
  addTo(leg.target.awaitingShorter, leg.task.name, leg);
}

export function awaitShorterNoMore(leg: Leg): void {
  const { target, task } = leg;
  if (target.awaitingShorter === null) return;
  deleteFrom(target.awaitingShorter, task.name, leg);
  if (target.awaitingShorter.size === 0) target.awaitingShorter = null;
}

/** Something else is expected of this name now: the legs for which a window may no longer be too short. */
export function awaitingShorter({ awaitingShorter: waiting }: Target, name: string): readonly Leg[] {
  return [...(waiting?.get(name) ?? [])];
}
