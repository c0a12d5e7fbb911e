import { Command } from "ioredis";
import { StoreError } from "../port.ts";
import { type Address, describeAddress } from "./address.ts";
import { type Client, createClient } from "./client.ts";
import { failureOf } from "./failure.ts";
import type { RedisStoreLogger } from "./options.ts";
import { type ScriptName, scriptOf } from "./script.ts";

/** What is sent along behind a script on the same connection, which waits for what that has written. */
export type Wait = readonly [command: string, ...args: readonly (string | number)[]];

export type Argument = string | number;

/**
 * A connection that is made again whenever it breaks. What is asked for meanwhile waits for it, no longer than for an
 * answer. Everything rejects with `StoreError`.
 */
export class Connection {
  readonly where: string;
  readonly client: Client;
  readonly #timeoutMs: number;
  #lastError: Error | null = null;
  #opening: Promise<void> | null = null;

  constructor(address: Address, timeoutMs: number, logger: RedisStoreLogger) {
    this.where = describeAddress(address);
    this.#timeoutMs = timeoutMs;
    this.client = createClient(address, timeoutMs);
    // Without a listener it would end the process. Each retry tells the same again.
    this.client.on("error", (error: Error) => {
      if (this.#lastError?.message !== error.message)
        logger.warn({ err: error }, `${this.where} cannot be reached; it is tried until it can`);
      this.#lastError = error;
    });
    this.client.on("ready", () => {
      if (this.#lastError !== null) logger.info({}, `${this.where} can be reached again`);
      this.#lastError = null;
    });
  }

  async close(): Promise<void> {
    const { client } = this;
    // Only a connection that is there tells when it is not any more.
    const ended =
      client.status === "ready" ? new Promise<void>((resolve) => client.once("end", () => resolve())) : null;
    client.disconnect();
    await ended;
  }

  async call(command: string, ...args: readonly Argument[]): Promise<unknown> {
    if (this.client.status !== "ready") await this.#ready();
    try {
      return await this.#send(command, args);
    } catch (error) {
      throw failureOf(error, this.where);
    }
  }

  /** Runs a script on a space, whose hash tag is `tag`. */
  async run(name: ScriptName, tag: string, args: readonly Argument[]): Promise<unknown> {
    if (this.client.status !== "ready") await this.#ready();
    const script = scriptOf(name);
    try {
      return await this.#send("evalsha", [script.sha, 1, tag, ...args]);
    } catch (error) {
      if (!isUnknownScript(error)) throw failureOf(error, this.where);
    }
    return await this.call("eval", script.text, 1, tag, ...args);
  }

  /** The same, and what the wait answers. The answer of a wait counts for this very run of the script only. */
  async runAndWait(
    name: ScriptName,
    tag: string,
    args: readonly Argument[],
    wait: Wait,
  ): Promise<[answer: unknown, waited: unknown]> {
    const script = scriptOf(name);
    try {
      return await this.#sendTogether(["evalsha", script.sha, 1, tag, ...args], wait);
    } catch (error) {
      if (!isUnknownScript(error)) throw failureOf(error, this.where);
    }
    try {
      return await this.#sendTogether(["eval", script.text, 1, tag, ...args], wait);
    } catch (error) {
      throw failureOf(error, this.where);
    }
  }

  #send(command: string, args: readonly Argument[]): Promise<unknown> {
    const sent = new Command(command, args as Argument[], { replyEncoding: "utf8" });
    void this.client.sendCommand(sent);
    return this.#inTime(sent.promise);
  }

  async #sendTogether(first: Wait, wait: Wait): Promise<[unknown, unknown]> {
    if (this.client.status !== "ready") await this.#ready();
    const pipeline = this.client.pipeline();
    for (const [command, ...args] of [first, wait]) pipeline.call(command, args);
    const [answer, waited] = (await this.#inTime(pipeline.exec())) ?? [];
    if (answer === undefined || waited === undefined) throw new Error("there was no answer");
    for (const [error] of [answer, waited]) if (error !== null) throw error;
    return [answer[1], waited[1]];
  }

  /** Whatever the client waits for: a cluster may look for a node that has the slot for a long time. */
  #inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const timeoutMs = this.#timeoutMs;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer after ${timeoutMs} ms`)), timeoutMs);
      const settled = (): void => clearTimeout(timer);
      answer.then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error);
        },
      );
    });
  }

  /** Resolves when there is a connection. All that is asked for meanwhile waits for the same one. */
  #ready(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { client } = this;
    if (client.status === "ready") return;
    // What it rejects with is told by the event, and it goes on trying.
    if (client.status === "wait") client.connect().catch(() => {});
    if (client.status === "end") throw this.#unreachable("it is closed");
    await new Promise<void>((resolve, reject) => {
      const settle = (work: () => void): void => {
        clearTimeout(timer);
        client.off("ready", whenReady);
        client.off("end", whenEnded);
        work();
      };
      const whenReady = (): void => settle(resolve);
      const whenEnded = (): void => settle(() => reject(this.#unreachable("it is closed")));
      const timer = setTimeout(() => {
        settle(() => reject(this.#unreachable(`no connection after ${this.#timeoutMs} ms`)));
      }, this.#timeoutMs);
      client.once("ready", whenReady);
      client.once("end", whenEnded);
    });
  }

  #unreachable(what: string): StoreError {
    const reason = this.#lastError === null ? "" : `: ${this.#lastError.message}`;
    const options = this.#lastError === null ? {} : { cause: this.#lastError };
    return new StoreError("store_unreachable", `${this.where} cannot be reached: ${what}${reason}`, options);
  }
}

/** After a restart, a failover or SCRIPT FLUSH. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
