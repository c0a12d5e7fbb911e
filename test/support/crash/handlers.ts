// A handler that writes down what scripts do (evidence.ts). It lives in the tentacle itself, and so dies with it.
import { appendFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import type { Handler } from "@berth/tentacle";
import { beatMs, evidenceLine } from "./evidence.ts";

/** What it is given. */
export interface EvidentWork {
  /** The file of the evidence. */
  readonly path: string;
  /** Which of the target's mutexes it competes for. */
  readonly mutex: string;
  readonly beats: number;
}

const work: Handler = async ({ task, leg, token, attempt, kind, target, input, signal }) => {
  const { path, mutex, beats } = input as EvidentWork;
  const run = { task, leg, token, attempt, kind, pid: process.pid, mutex: `${target}/${mutex}` };
  const note = (what: "start" | "beat" | "end"): Promise<void> => appendFile(path, evidenceLine(what, run));
  await note("start");
  for (let beat = 0; beat < beats && !signal.aborted; beat += 1) {
    await setTimeout(beatMs);
    await note("beat");
  }
  signal.throwIfAborted();
  await note("end");
};

export const handlers: Readonly<Record<string, Handler>> = { work };
