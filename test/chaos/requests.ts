// What clients ask for in a chaos run: every kind, as scripts and as handlers, on one target and on several. Some fail, some crash, some
// take too long, some are cancelled.
import type { TaskRequestInput } from "@berth/protocol";
import type { EvidenceFile, ScriptEnding } from "../support/crash/evidence.ts";
import type { EvidentWork } from "../support/crash/handlers.ts";
import { below, type Chance } from "../support/crash/load.ts";

/** Served by one tentacle each. */
export const ownTargets: readonly string[] = ["web-1", "web-2", "web-3"];
/** Served by two. */
export const poolTarget = "pool-1";
/** Clients ask nothing of it, so that what is enqueued there is granted at once. */
export const quietTarget = "quiet-1";
export const quietTentacle = "tentacle-3";

export const tentacles: Readonly<Record<string, readonly string[]>> = {
  "tentacle-1": ["web-1", poolTarget],
  "tentacle-2": ["web-2", poolTarget],
  [quietTentacle]: ["web-3", quietTarget],
};

type Wish = Pick<TaskRequestInput, "kind" | "target" | "targets" | "script" | "handler" | "rollout"> & {
  readonly timeoutMs?: number;
};

const mutexes = ["script", "script", "db"] as const;
const beatsMax = 10;
/** Far beyond the timeout, and every timeout far beyond what it takes to start a script. */
const tooManyBeats = 500;
const timeoutMs = 1_500;

export class Requests {
  readonly #evidence: EvidenceFile;

  constructor(evidence: EvidenceFile) {
    this.#evidence = evidence;
  }

  /** The same for the same key and the same draws. */
  draw(key: string, chance: Chance): TaskRequestInput {
    const mutex = mutexes[below(chance, mutexes.length)]!;
    const beats = 1 + below(chance, beatsMax);
    const wish = this.#wish(below(chance, 20), mutex, beats, chance);
    // A name of its own, since equal health checks are one.
    return { ...wish, name: key, mutex, cancelGraceMs: 1_000, idempotencyKey: key };
  }

  #wish(what: number, mutex: string, beats: number, chance: Chance): Wish {
    const target = [...ownTargets, poolTarget][below(chance, ownTargets.length + 1)]!;
    const script = (ending: ScriptEnding = "end", most = beats): { text: string } => ({
      text: this.#evidence.script(`$BERTH_TARGET/${mutex}`, most, ending),
    });
    if (what < 4) return { kind: "deploy", target, script: script() };
    if (what < 6) return { kind: "runbook", target, script: script() };
    if (what < 10) return { kind: "job", target, script: script() };
    if (what < 13) return { kind: "health-check", target, script: script() };
    if (what < 15) return { kind: "job", target, handler: this.#work(mutex, beats) };
    if (what === 15) return { kind: "deploy", target, handler: this.#work(mutex, beats) };
    if (what === 16) return { kind: "job", target, script: script("fail") };
    if (what === 17) return { kind: "job", target, script: script("crash") };
    if (what === 18) return { kind: "job", target, script: script("end", tooManyBeats), timeoutMs };
    const rollout =
      chance() < 0.5 ? ({ type: "together" } as const) : ({ type: "rolling", window: 1 } as const);
    return { kind: "deploy", targets: [...ownTargets], script: script(), rollout };
  }

  #work(mutex: string, beats: number): { readonly name: "work"; readonly input: EvidentWork } {
    return { name: "work", input: { path: this.#evidence.path, mutex, beats } };
  }

  /** One that runs until there is the file. */
  anchor(key: string, target: string, file: string): TaskRequestInput {
    const text = this.#evidence.scriptUntil("$BERTH_TARGET/script", file);
    return { kind: "deploy", name: key, target, script: { text }, idempotencyKey: key };
  }

  /** One that takes so many beats. */
  simple(key: string, kind: "deploy" | "job", target: string, beats: number): TaskRequestInput {
    const text = this.#evidence.script("$BERTH_TARGET/script", beats);
    return { kind, name: key, target, script: { text }, idempotencyKey: key };
  }
}
