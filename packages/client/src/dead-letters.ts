import type { DeadLetterOutcomeView, DeadLetterView, PageView } from "@berth/protocol";
import { type CallOptions, eachItem, type SpaceCalls } from "./space-calls.ts";

/** These tasks, or all that are parked, of one name or target if given. */
export type DeadLetterSelection =
  | { readonly tasks: readonly string[] }
  | { readonly all: true; readonly name?: string | undefined; readonly target?: string | undefined };

/** Fields that are left out do not filter. */
export interface DeadLetterFilter {
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** Parked tasks: their attempts are used up, or nobody knows their result. */
export class DeadLetters {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  /** One page, the newest first. */
  page(filter: DeadLetterFilter = {}, options: CallOptions = {}): Promise<PageView<DeadLetterView>> {
    return this.#calls.get(["dead-letters"], { ...options, query: { ...filter } });
  }

  each(filter: DeadLetterFilter = {}, options: CallOptions = {}): AsyncGenerator<DeadLetterView, void> {
    return eachItem((cursor) => this.page(cursor === undefined ? filter : { ...filter, cursor }, options));
  }

  /** Sends them back to the places in the line that they had. What became of each is in the answer. */
  async release(
    selection: DeadLetterSelection,
    order: CallOptions & { readonly by?: string | undefined } = {},
  ): Promise<DeadLetterOutcomeView["tasks"]> {
    return this.#order("release", selection, order);
  }

  /** Ends them for good. What became of each is in the answer. */
  async discard(
    selection: DeadLetterSelection,
    order: CallOptions & { readonly by?: string | undefined; readonly reason?: string | undefined } = {},
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
