import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Answer, Built, Played, SpaceOptions } from "./space-process.ts";

const program = fileURLToPath(new URL("space-process.ts", import.meta.url));
/** While a space is loaded, its records are in memory beside its engine. */
const heapMiB = 8192;

/** A space in a process of its own. */
export class SpawnedSpace {
  readonly built: Built;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, built: Built) {
    this.#child = child;
    this.built = built;
  }

  /** Resolves when the space is built. Rejects, as `play` does, when its process ends before it answers. */
  static async start(options: SpaceOptions): Promise<SpawnedSpace> {
    const execArgv = [...process.execArgv, "--expose-gc", `--max-old-space-size=${heapMiB}`];
    const child = fork(program, [JSON.stringify(options)], { execArgv });
    return new SpawnedSpace(child, await answerOf(child, "built"));
  }

  play(): Promise<Played> {
    this.#child.send("play");
    return answerOf(this.#child, "played");
  }

  /** Nothing keeps the process alive then. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

function answerOf<Type extends Answer["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<Answer, { type: Type }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<Answer, { type: Type }>>();
  const onExit = (code: number | null): void =>
    reject(new Error(`the process of a space ended with ${code}`));
  child.once("exit", onExit);
  child.once("message", (answer: Answer) => {
    child.off("exit", onExit);
    if (answer.type === type) resolve(answer as Extract<Answer, { type: Type }>);
    else reject(new Error(`the process of a space answered "${answer.type}"; expected "${type}"`));
  });
  return promise;
}
