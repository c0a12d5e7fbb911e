import type { Handler as HandlerCall } from "@berth/protocol";
import { abortError } from "./abort-error.ts";
import type { Execution, ExecutionHost } from "./execution.ts";
import { type HandlerContext, type HandlerFunction, type HandlerResult, stepNumber } from "./handler.ts";
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
    const context = new CallContext(this.#host, input, () => this.#controller().signal);
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

/** What the handler is given. A class, because an object with a getter of its own is slow to make. */
class CallContext implements HandlerContext {
  readonly space: string;
  readonly target: string;
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  readonly token: string;
  readonly step: number | null;
  readonly kind: HandlerContext["kind"];
  readonly name: string;
  readonly input: HandlerContext["input"];
  readonly variables: HandlerContext["variables"];
  /** Bound, so that a handler can take it out of its context. */
  readonly log: (text: string) => void;
  readonly #signal: () => AbortSignal;

  constructor(host: ExecutionHost, input: HandlerContext["input"], signal: () => AbortSignal) {
    const { delivery } = host;
    this.space = delivery.space;
    this.target = delivery.target;
    this.task = delivery.task;
    this.leg = delivery.leg;
    this.attempt = delivery.attempt;
    this.token = delivery.token;
    this.step = stepNumber(delivery);
    this.kind = delivery.kind;
    this.name = delivery.name;
    this.input = input;
    this.variables = delivery.payload.variables;
    this.log = (text) => host.output.log(text);
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }
}
