// What sqlite-committer.ts commits, for it and for the test that kills it.
import type { StoreChange } from "@berth/store";
import { line, status, submitted, task, written } from "./records.ts";

/** A commit is done. */
export interface Committed {
  readonly sequence: number;
}

export const killSpace = "killed";
export const tasksPerCommit = 20;
export const linesPerCommit = 20;

/** Tasks that name the commit, with a leg and a line of output each. */
export function changesOf(sequence: number): StoreChange[] {
  return Array.from({ length: tasksPerCommit }, (_, index) => {
    const record = task({
      id: `task-${sequence}-${index}`,
      name: `commit ${sequence}`,
      status: status("succeeded"),
    });
    return [...submitted(record), written(line(record, 1))];
  }).flat();
}
