import type { Handler as HandlerCall } from "@berth/protocol";
import { abortError } from "./abort-error.ts";
import type { Execution, ExecutionHost } from "./execution.ts";
import { type HandlerContext, type HandlerFunction, type HandlerResult, handlerFacts } from "./handler.ts";
import { outcomeOfResult, outcomeOfThrown } from "./handler-outcome.ts";

/** A handler that runs in the event loop of the tentacle. It can be asked to end, and not be made to. */
export class HandlerCallExecution implements Execution {
  readonly #host: ExecutionHost;
  /** Made when the handler looks at its signal, or shall end: most never do, and it is not cheap. */
  #abort: AbortController | null = null;
  #ended = false;

  constructor(host: ExecutionHost, handler: HandlerFunction, input: HandlerCall["input"]) {
    this.#host = host;
    if (host.begin(null)) this.#run(handler, input);
  }

  end(_graceMs: number, reason: string): boolean {
    if (this.#ended) return false;
    this.#controller().abort(abortError(reason));
    return true;
  }

  kill(): void {
    this.end(0, "the attempt is over for the server");
  }

  #run(handler: HandlerFunction, input: HandlerCall["input"]): void {
    const host = this.#host;
    const controller = (): AbortController => this.#controller();
    const context: HandlerContext = {
      ...handlerFacts(host.delivery, input),
      get signal() {
        return controller().signal;
      },
      log: (text) => host.output.log(text),
    };
    try {
      const result = handler(context);
      if (isThenable(result)) result.then(this.#returned, this.#threw);
      else this.#returned(result);
    } catch (error) {
      this.#threw(error);
    }
  }

  readonly #returned = (result: HandlerResult): void => {
    this.#ended = true;
    this.#host.finished(outcomeOfResult(result));
  };

  readonly #threw = (error: unknown): void => {
    this.#ended = true;
    this.#host.finished(outcomeOfThrown(error));
  };

  #controller(): AbortController {
    this.#abort ??= new AbortController();
    return this.#abort;
  }
}

function isThenable(result: unknown): result is PromiseLike<HandlerResult> {
  return (
    typeof result === "object" && result !== null && "then" in result && typeof result.then === "function"
  );
}
