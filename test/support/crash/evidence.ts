// What scripts wrote down about themselves, independent of what Berth believes. A script that is killed cannot note its
// end, so each notes every few milliseconds that it still lives.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** One run of a script, from one process. Times in ms. */
export interface ScriptRun {
  readonly task: string;
  readonly token: string;
  readonly attempt: number;
  readonly pid: number;
  /** `deploy`, `job` or `health-check`. */
  readonly kind: string;
  readonly mutex: string;
  readonly startedAt: number;
  /** The last time at which it certainly lived. */
  readonly livedUntil: number;
  /** It came to its own end. */
  readonly ended: boolean;
}

const beatMs = 20;

export class EvidenceFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    appendFileSync(path, "");
  }

  /**
   * A script of about `beats` times 20 ms. A line shorter than a page is appended whole, whoever else writes. Time and
   * pause are built into bash: a process for each would slow down what is tested.
   */
  script(mutex: string, beats: number): string {
    return this.#script(mutex, `((beat++ < ${beats}))`);
  }

  /** A script that runs until there is that file. */
  scriptUntil(mutex: string, file: string): string {
    return this.#script(mutex, `[ ! -e '${file}' ]`);
  }

  #script(mutex: string, condition: string): string {
    return [
      `note() { echo "$1 $BERTH_TASK $BERTH_TOKEN $BERTH_ATTEMPT $$ $BERTH_KIND ${mutex} \${EPOCHREALTIME/,/.}" >>'${this.#path}'; }`,
      "exec {never}<> <(:)",
      "note start",
      `while ${condition}; do read -r -t ${beatMs / 1000} -u "$never"; note beat; done`,
      "note end",
    ].join("\n");
  }

  runs(): ScriptRun[] {
    return existsSync(this.#path) ? runsOf(readFileSync(this.#path, "utf8")) : [];
  }
}

/** All runs that a file tells of. Two processes of one grant are two runs: that is what must not be. */
export function runsOf(text: string): ScriptRun[] {
  const runs = new Map<string, ScriptRun>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [what, task, token, attempt, pid, kind, mutex, seconds, ...more] = line.split(" ");
    if (seconds === undefined || more.length > 0)
      throw new Error(`a line of evidence cannot be read: ${line}`);
    const at = Number(seconds) * 1000;
    const key = `${token} ${pid}`;
    const known = runs.get(key);
    const facts = { task: task!, token: token!, attempt: Number(attempt), pid: Number(pid) };
    const begun = { ...facts, kind: kind!, mutex: mutex!, startedAt: at, livedUntil: at, ended: false };
    if (known === undefined && what !== "start") throw new Error(`a run without its start: ${line}`);
    runs.set(key, { ...(known ?? begun), livedUntil: at, ended: what === "end" });
  }
  return [...runs.values()];
}
