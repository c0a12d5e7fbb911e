import type { ClearanceView, HoldScope, HoldView, PageView } from "@berth/protocol";
import type { CallOptions, SpaceCalls } from "./space-calls.ts";

export interface HoldOrder {
  /** What it stops; what is left out matches all, so that an empty scope stops the whole space. */
  readonly scope?: Partial<HoldScope> | undefined;
  /** Whom one may ask about it. */
  readonly owner: string;
  readonly reason: string;
  /** At once if left out. */
  readonly from?: Date | undefined;
  /** Until it is lifted if left out. */
  readonly until?: Date | undefined;
  /** Stops only what takes longer than this; ms. Everything if left out. */
  readonly longerThanMs?: number | undefined;
}

export class Holds {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  async list(options: CallOptions = {}): Promise<HoldView[]> {
    const { items } = await this.#calls.get<PageView<HoldView>>(["holds"], options);
    return items;
  }

  /** Whether it is safe yet: who still runs in its scope, and until when. */
  clearance(hold: string, options: CallOptions = {}): Promise<ClearanceView> {
    return this.#calls.get(["holds", hold, "clearance"], options);
  }

  /**
   * Nothing in its scope starts while it lasts; what runs goes on. Before it begins starts only what will be over by then,
   * as far as is known.
   */
  place({ from, until, ...order }: HoldOrder, options: CallOptions = {}): Promise<HoldView> {
    const body = { ...order, from: from?.toISOString(), until: until?.toISOString() };
    // A second hold would have to be lifted on its own.
    return this.#calls.post(["holds"], { ...options, body, sent: "once" });
  }

  async lift(
    hold: string,
    { signal, ...body }: CallOptions & { readonly by?: string | undefined } = {},
  ): Promise<void> {
    await this.#calls.post(["holds", hold, "lift"], { signal, body });
  }
}
