import type { DeadLetterOutcomeView, DeadLetterView, PageView } from "@berth/protocol";
import { type CallOptions, eachItem, type SpaceCalls } from "./space-calls.ts";

/** These tasks, or all that are parked, of one name or target if given. */
export type DeadLetterSelection =
  | { readonly tasks: readonly string[] }
  | { readonly all: true; readonly name?: string; readonly target?: string };

export interface DeadLetterPageOptions extends CallOptions {
  readonly cursor?: string;
  readonly limit?: number;
}

/** Parked tasks: their attempts are used up, or nobody knows their result. */
export class DeadLetters {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  page({ signal, ...query }: DeadLetterPageOptions = {}): Promise<PageView<DeadLetterView>> {
    return this.#calls.get(["dead-letters"], { signal, query });
  }

  each(options: DeadLetterPageOptions = {}): AsyncGenerator<DeadLetterView, void> {
    return eachItem((cursor) => this.page(cursor === undefined ? options : { ...options, cursor }));
  }

  /** Sends them back to the places in the line that they had. What became of each is in the answer. */
  async release(
    selection: DeadLetterSelection,
    order: CallOptions & { readonly by?: string } = {},
  ): Promise<DeadLetterOutcomeView["tasks"]> {
    return this.#order("release", selection, order);
  }

  /** Ends them for good. What became of each is in the answer. */
  async discard(
    selection: DeadLetterSelection,
    order: CallOptions & { readonly by?: string; readonly reason?: string } = {},
  ): Promise<DeadLetterOutcomeView["tasks"]> {
    return this.#order("discard", selection, order);
  }

  async #order(
    verb: "release" | "discard",
    selection: DeadLetterSelection,
    { signal, ...order }: CallOptions,
  ): Promise<DeadLetterOutcomeView["tasks"]> {
    const body = { ...selection, ...order };
    const { tasks } = await this.#calls.post<DeadLetterOutcomeView>(["dead-letters", verb], { signal, body });
    return tasks;
  }
}
