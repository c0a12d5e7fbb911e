import type { OopsView, PageView } from "@berth/protocol";
import { type CallOptions, eachItem, type SpaceCalls } from "./space-calls.ts";

/** Fields that are left out do not filter. */
export interface OopsFilter {
  readonly task?: string | undefined;
  readonly target?: string | undefined;
  /** Of one problem: what makes two of them the same. */
  readonly fingerprint?: string | undefined;
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export class OopsRecords {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  /** One page, the newest first. */
  page(filter: OopsFilter = {}, options: CallOptions = {}): Promise<PageView<OopsView>> {
    const { from, before, ...rest } = filter;
    const query = { ...rest, from: from?.toISOString(), before: before?.toISOString() };
    return this.#calls.get(["oops"], { ...options, query });
  }

  each(filter: OopsFilter = {}, options: CallOptions = {}): AsyncGenerator<OopsView, void> {
    return eachItem((cursor) => this.page(cursor === undefined ? filter : { ...filter, cursor }, options));
  }

  get(id: string, options: CallOptions = {}): Promise<OopsView> {
    return this.#calls.get(["oops", id], options);
  }
}
