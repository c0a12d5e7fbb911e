// What scripts and handlers wrote down about themselves, independent of what Berth believes. One that is killed cannot note its
// end, so each notes every few milliseconds that it still lives.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** One run of a script or a handler, from one process. Times in ms. */
export interface ScriptRun {
  readonly task: string;
  readonly leg: string;
  readonly token: string;
  readonly attempt: number;
  readonly pid: number;
  /** `deploy`, `runbook`, `job` or `health-check`. */
  readonly kind: string;
  readonly mutex: string;
  readonly startedAt: number;
  /** The last time at which it certainly lived. */
  readonly livedUntil: number;
  /** It came to its own end. */
  readonly ended: boolean;
}

/** How a script goes on when its beats are over. `crash`: at its first attempt it is killed by a signal of its own. */
export type ScriptEnding = "end" | "fail" | "crash";

export const beatMs = 20;

const endings: Readonly<Record<ScriptEnding, readonly string[]>> = {
  end: ["note end"],
  fail: ["note end", "exit 3"],
  crash: ['[ "$BERTH_ATTEMPT" -gt 1 ] || kill -9 $$', "note end"],
};

export class EvidenceFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    appendFileSync(path, "");
  }

  /**
   * A script of about `beats` times 20 ms. `mutex` may name variables of the environment, e.g. `$BERTH_TARGET/script`. A line
   * shorter than a page is appended whole, whoever else writes. Time and pause are built into bash: a process for each would
   * slow down what is tested.
   */
  script(mutex: string, beats: number, ending: ScriptEnding = "end"): string {
    return this.#script(mutex, `((beat++ < ${beats}))`, ending);
  }

  /** A script that runs until there is that file. */
  scriptUntil(mutex: string, file: string): string {
    return this.#script(mutex, `[ ! -e '${file}' ]`, "end");
  }

  #script(mutex: string, condition: string, ending: ScriptEnding): string {
    return [
      `note() { echo "$1 $BERTH_TASK $BERTH_LEG $BERTH_TOKEN $BERTH_ATTEMPT $$ $BERTH_KIND ${mutex} \${EPOCHREALTIME/,/.}" >>'${this.path}'; }`,
      "exec {never}<> <(:)",
      "note start",
      `while ${condition}; do read -r -t ${beatMs / 1000} -u "$never"; note beat; done`,
      ...endings[ending],
    ].join("\n");
  }

  runs(): ScriptRun[] {
    return existsSync(this.path) ? runsOf(readFileSync(this.path, "utf8")) : [];
  }
}

/** A line of a handler, which is like those of scripts. */
export function evidenceLine(
  what: "start" | "beat" | "end",
  run: Pick<ScriptRun, "task" | "leg" | "token" | "attempt" | "pid" | "kind" | "mutex">,
): string {
  const { task, leg, token, attempt, pid, kind, mutex } = run;
  return `${what} ${task} ${leg} ${token} ${attempt} ${pid} ${kind} ${mutex} ${Date.now() / 1000}\n`;
}

/** All runs that a file tells of. Two processes of one grant are two runs: that is what must not be. */
export function runsOf(text: string): ScriptRun[] {
  const runs = new Map<string, ScriptRun>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [what, task, leg, token, attempt, pid, kind, mutex, seconds, ...more] = line.split(" ");
    if (seconds === undefined || more.length > 0)
      throw new Error(`a line of evidence cannot be read: ${line}`);
    const at = Number(seconds) * 1000;
    const key = `${token} ${pid}`;
    const known = runs.get(key);
    const facts = { task: task!, leg: leg!, token: token!, attempt: Number(attempt), pid: Number(pid) };
    const begun = { ...facts, kind: kind!, mutex: mutex!, startedAt: at, livedUntil: at, ended: false };
    if (known === undefined && what !== "start") throw new Error(`a run without its start: ${line}`);
    runs.set(key, { ...(known ?? begun), livedUntil: at, ended: what === "end" });
  }
  return [...runs.values()];
}
