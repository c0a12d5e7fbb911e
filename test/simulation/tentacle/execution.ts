import type { Delivery } from "@berth/protocol";
import type { History, Run, RunEnd } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { Machine } from "../world/machine.ts";
import type { Cancel } from "../world/scheduler.ts";

/** What scripts and handlers do, drawn for each attempt. */
export interface Work {
  readonly durationMs: number;
  /** `crash`: it takes its tentacle with it. `hang`: it ends only when it is made to. */
  readonly outcome: "succeeded" | "failed" | "error" | "crash" | "hang";
  /** How long it takes to end once it is asked to; with `null` it has to be killed. */
  readonly obeysWithinMs: number | null;
}

export interface ExecutionSetup {
  readonly machine: Machine;
  readonly history: History;
  readonly delivery: Delivery;
  readonly tentacle: string;
  readonly session: string;
  readonly work: Work;
  readonly onEnd: (end: Exclude<RunEnd, "killed">) => void;
  readonly onCrash: () => void;
}

/** One script or handler that runs. It knows nothing of the server, and is what the laws are about. */
export class Execution {
  readonly run: Run;
  readonly #setup: ExecutionSetup;
  #cancels: Cancel[] = [];

  constructor(setup: ExecutionSetup) {
    const { history, delivery, tentacle, session, work, machine } = setup;
    const { task, leg, target, attempt, token } = delivery;
    this.#setup = setup;
    this.run = {
      task,
      leg,
      target,
      attempt,
      token,
      tentacle,
      session,
      from: history.now,
      until: null,
      end: null,
    };
    history.runs.push(this.run);
    history.note(
      "run begins",
      () => `${leg} #${attempt} ${token} on ${tentacle}/${session}: ${work.outcome}`,
    );
    if (work.outcome === "hang") return;
    const { outcome } = work;
    this.#cancels.push(
      machine.after(work.durationMs, () => {
        if (outcome === "crash") setup.onCrash();
        else this.#end(outcome);
      }),
    );
  }

  /** Asks it to end, and kills it after the grace. */
  askToEnd(graceMs: number): void {
    if (this.run.end !== null) return;
    const { machine, work } = this.#setup;
    const ms = Math.min(work.obeysWithinMs ?? graceMs, graceMs);
    this.#cancels.push(machine.after(ms, () => this.#end("canceled")));
  }

  /** It is over at once, and tells nobody. What stood still does not run again before that. */
  kill(): void {
    this.#over("killed", this.#setup.machine.frozenAt ?? this.#setup.history.now);
  }

  /** Its tentacle is dead. The guard ends it after a moment. */
  orphan(guardMs: number): void {
    const { machine, history } = this.#setup;
    if (machine.frozenAt !== null) this.#over("killed", machine.frozenAt);
    else machine.scheduler.after(guardMs, "guard", () => this.#over("killed", history.now));
  }

  #end(end: Exclude<RunEnd, "killed">): void {
    if (this.run.end !== null) return;
    this.#over(end, this.#setup.history.now);
    this.#setup.onEnd(end);
  }

  #over(end: RunEnd, at: number): void {
    if (this.run.end !== null) return;
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.run.end = end;
    this.run.until = at;
    this.#setup.history.note("run ends", () => `${this.run.leg} ${this.run.token}: ${end}`);
  }
}

/** Draws what an attempt will do. */
export function drawWork(chance: Chance, trouble: number): Work {
  const outcome = chance.weighted({
    succeeded: 70,
    failed: 8,
    error: 14 * trouble,
    crash: 3 * trouble,
    hang: 5 * trouble,
  });
  const durationMs = chance.weighted({ none: 2, short: 4, long: 4 * trouble, veryLong: trouble });
  const most = { none: 5, short: 400, long: 3_000, veryLong: 9_000 }[durationMs];
  return {
    outcome,
    durationMs: chance.int(0, most),
    obeysWithinMs: chance.happens(0.8) ? chance.int(0, 300) : null,
  };
}
