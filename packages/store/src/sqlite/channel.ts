import { Worker } from "node:worker_threads";
import { StoreError } from "../port.ts";
import type { Answer, Request, Requests } from "./requests.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

/** Requests to the thread with the database, which answers them in their order. */
export class Channel {
  /** Resolves when the thread has ended, whatever ended it. */
  readonly ended: Promise<void>;
  readonly #path: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isClosed = false;
  #cause: unknown = undefined;

  constructor(path: string) {
    this.#path = path;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { name: "berth-store" });
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (error) => {
      this.#cause = error;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#close();
        resolve();
      });
    });
  }

  call<Name extends keyof Requests>(
    name: Name,
    ...parameters: Parameters<Requests[Name]>
  ): Promise<ReturnType<Requests[Name]>> {
    if (this.#isClosed) return Promise.reject(this.#gone());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#worker.postMessage([id, name, parameters] satisfies Request);
    });
  }

  #settle([id, value, failure]: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure === undefined) waiting?.resolve(value);
    else {
      const { code, message, cause } = failure;
      waiting?.reject(new StoreError(code, message, cause === null ? {} : { cause: new Error(cause) }));
    }
  }

  #close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(this.#gone());
    this.#waiting.clear();
  }

  #gone(): StoreError {
    return new StoreError(
      "store_unreachable",
      `the thread that has the database "${this.#path}" open has ended; stop the store and start it again`,
      this.#cause === undefined ? {} : { cause: this.#cause },
    );
  }
}
