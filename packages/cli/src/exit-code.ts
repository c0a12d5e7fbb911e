import type { BerthRequestError } from "@berth/client";
import { catalogue, type TaskState } from "@berth/protocol";

export interface ExitMeaning {
  readonly code: number;
  /** For `berth --help` and docs/cli.md. */
  readonly meaning: string;
}

type Ending =
  | "ok"
  | "failed"
  | "usage"
  | "unreachable"
  | "unknown"
  | "conflict"
  | "serverDefect"
  | "canceled"
  | "timedOut"
  | "unavailable"
  | "parked"
  | "notSafe"
  | "defect"
  | "interrupted";

/** What scripts can rely on: a code never gets another meaning. */
export const exit: Readonly<Record<Ending, ExitMeaning>> = {
  ok: { code: 0, meaning: "Done. With --wait: the task succeeded." },
  failed: { code: 1, meaning: "The task failed." },
  usage: { code: 2, meaning: "Wrong usage, or the server refused what was given." },
  unreachable: { code: 3, meaning: "No Berth API can be reached there, or it is not ready." },
  unknown: { code: 4, meaning: "There is no such task, target, hold, schedule, OOPS or space." },
  conflict: { code: 5, meaning: "Not in its present state, e.g. to cancel a task that has ended." },
  serverDefect: { code: 6, meaning: "A defect in the server." },
  canceled: { code: 10, meaning: "The task was canceled." },
  timedOut: { code: 11, meaning: "The task timed out while it waited." },
  unavailable: { code: 12, meaning: "The target of the health check is unavailable." },
  parked: { code: 13, meaning: "The task is parked: it waits for a decision." },
  notSafe: { code: 14, meaning: "berth safe: not yet." },
  defect: { code: 70, meaning: "A defect in this command." },
  interrupted: { code: 130, meaning: "Stopped with ^C. What was waited for goes on." },
};

const byState: Readonly<Record<TaskState, number>> = {
  waiting: exit.ok.code,
  granted: exit.ok.code,
  running: exit.ok.code,
  cancelling: exit.ok.code,
  parked: exit.parked.code,
  succeeded: exit.ok.code,
  failed: exit.failed.code,
  canceled: exit.canceled.code,
  "timed-out": exit.timedOut.code,
  unavailable: exit.unavailable.code,
};

/** Of a command that waited for a task to come into this state. */
export function exitCodeOfState(state: TaskState): number {
  return byState[state];
}

export function exitCodeOfError(error: BerthRequestError): number {
  if (error.code === "url_invalid") return exit.usage.code;
  if (error.code === "answer_unreadable") return exit.unreachable.code;
  return exitCodeOfStatus(error.status);
}

/** Of an error that came inside of an answer, where only its code tells what it is. */
export function exitCodeOfErrorCode(code: string): number {
  return exitCodeOfStatus(
    Object.hasOwn(catalogue, code) ? catalogue[code as keyof typeof catalogue].status : 500,
  );
}

function exitCodeOfStatus(status: number | null): number {
  if (status === null || [429, 502, 503, 504].includes(status)) return exit.unreachable.code;
  if (status === 404) return exit.unknown.code;
  if (status === 409) return exit.conflict.code;
  return status >= 500 ? exit.serverDefect.code : exit.usage.code;
}
