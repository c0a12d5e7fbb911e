import type { OopsRecord } from "@berth/engine";
import { oopsWithoutTask } from "./oops-without-task.ts";

/** What was written into a store that went backwards. */
export type WrittenBack =
  /** The lost commits, as they were. */
  | { readonly type: "repeated" }
  /** The whole live state. */
  | ({ readonly type: "restored" } & Restored);

export interface Restored {
  readonly liveTasks: number;
  /** Tasks that ended lately. */
  readonly endedTasks: number;
  /** Live tasks without a payload: it was neither in memory nor in the store. */
  readonly payloadsLost: number;
  /** Tasks that live in the store as it was, but had ended, and nobody knows how: they end as failed. */
  readonly resultsLost: number;
}

/** How far the store went back: the commit up to which it had answered, and the one to which it went back. */
export interface Setback {
  readonly space: string;
  readonly durable: number;
  readonly stored: number;
}

/** The OOPS that tells of it. */
export function oopsOfWriteBack(id: string, setback: Setback, written: WrittenBack, at: number): OopsRecord {
  const value = `${setbackText(setback)}; ${writtenText(written, setback)}`;
  return {
    ...oopsWithoutTask,
    id,
    type: "StoreWentBackwards",
    value,
    text: JSON.stringify({ ...setback, written }),
    at,
  };
}

function setbackText({ space, durable, stored }: Setback): string {
  return `the store of space ${space} had taken commit ${durable}, and went back to commit ${stored}`;
}

function writtenText(written: WrittenBack, { durable, stored }: Setback): string {
  if (written.type === "repeated")
    return `${durable - stored} commits were written again, and nothing is lost`;
  const { liveTasks, endedTasks, payloadsLost, resultsLost } = written;
  const parts = [
    `its live state was written again: ${liveTasks} tasks that have not ended, and ${endedTasks} that ended lately`,
  ];
  if (payloadsLost > 0)
    parts.push(
      `${payloadsLost} of them have lost what they are to run, and are canceled when it is their turn`,
    );
  if (resultsLost > 0) parts.push(`${resultsLost} had ended, nobody knows how, and are failed now`);
  parts.push("what else it had of ended tasks, logs and OOPS since then is gone");
  return parts.join("; ");
}
