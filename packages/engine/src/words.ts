/**
 * The words of the engine. One word, one meaning.
 *
 * - **task** — one thing asked for. It has one **leg** per target.
 * - **slot** — what legs compete for: a target and a mutex name.
 * - **lane** — what bounds legs that bypass the slot: a target and a kind.
 * - **line** — the ordered waiting legs of a slot or of a lane.
 * - **grant** — the decision that a leg may run now. It carries a **token**.
 * - **attempt** — one grant of one leg, numbered from 1.
 * - **session** — one life of a tentacle process, kept by heartbeats.
 * - **hold** — an order that nothing in its scope may start.
 * - **quarantine** — a slot kept shut because what last held it may still run.
 *
 * All times are whole milliseconds since 1970 (UTC); all durations are whole milliseconds.
 */

export type TaskKind = "deploy" | "runbook" | "health-check" | "job";
export const taskKinds: readonly TaskKind[] = ["deploy", "runbook", "health-check", "job"];

/** `exclusive` holds the slot alone, `shared` with other shared legs, `bypass` does not take it. */
export type Mode = "exclusive" | "shared" | "bypass";

/** Waiting legs start in the order (priority class, submit order). */
export type PriorityClass = "top" | "high" | "normal" | "low";
export const priorityClasses: readonly PriorityClass[] = ["top", "high", "normal", "low"];

/** The states in which the engine keeps a leg in memory. */
export type LiveState = "waiting" | "granted" | "running" | "cancelling" | "parked";

/** The states that never change again. `unavailable`: a health check whose tentacle failed each time. */
export type EndState = "succeeded" | "failed" | "canceled" | "timed-out" | "unavailable";

export type LegState = LiveState | EndState;
export type TaskState = LegState;

const endStates: ReadonlySet<string> = new Set<EndState>([
  "succeeded",
  "failed",
  "canceled",
  "timed-out",
  "unavailable",
]);

export function isEndState(state: LegState): state is EndState {
  return endStates.has(state);
}

/** What becomes of a leg whose session was lost while it may have run. */
export type UnknownResultRule = "park" | "retry";

/** Reaching this is a defect of the engine: a closed set was not matched exhaustively. */
export function assertNever(value: never): never {
  throw new Error(`a closed set has an unexpected member: ${JSON.stringify(value)}`);
}
