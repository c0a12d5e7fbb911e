import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** While a space is loaded, its records are in memory beside its engine. */
const heapMiB = 8192;

interface Message {
  readonly type: "built" | "played";
}

/**
 * A space in a process of its own: its program gets the options as JSON, builds the space, answers, and then plays a round
 * and answers whenever it is asked to.
 */
export class SpawnedSpace<Built extends Message, Played extends Message> {
  readonly built: Built;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, built: Built) {
    this.#child = child;
    this.built = built;
  }

  /** Resolves when the space is built. Rejects, as `play` does, when its process ends before it answers. */
  static async start<Built extends Message, Played extends Message>(
    program: URL,
    options: object,
  ): Promise<SpawnedSpace<Built, Played>> {
    const execArgv = [...process.execArgv, "--expose-gc", `--max-old-space-size=${heapMiB}`];
    const child = fork(fileURLToPath(program), [JSON.stringify(options)], { execArgv });
    return new SpawnedSpace<Built, Played>(child, await answerOf<Built>(child, "built"));
  }

  play(): Promise<Played> {
    this.#child.send("play");
    return answerOf<Played>(this.#child, "played");
  }

  /** Nothing keeps the process alive then. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

function answerOf<Answer extends Message>(child: ChildProcess, type: Answer["type"]): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onExit = (code: number | null): void =>
    reject(new Error(`the process of a space ended with ${code}`));
  child.once("exit", onExit);
  child.once("message", (answer: Answer) => {
    child.off("exit", onExit);
    if (answer.type === type) resolve(answer);
    else reject(new Error(`the process of a space answered "${answer.type}"; expected "${type}"`));
  });
  return promise;
}
