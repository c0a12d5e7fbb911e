import type { InboxItem } from "@berth/protocol";
import type { Attempt } from "./attempt.ts";
import type { Reporter } from "./reporter.ts";

/** Questions whether an attempt that was not delivered to this very session may start here. */
export class Claims {
  readonly #session: string;
  readonly #reporter: Reporter;
  readonly #open: Map<string, { readonly item: InboxItem; readonly attempt: Attempt }> = new Map();

  constructor(session: string, reporter: Reporter) {
    this.#session = session;
    this.#reporter = reporter;
  }

  ask(attempt: Attempt): void {
    const { leg, token } = attempt.identity;
    const item: InboxItem = {
      type: "claim",
      id: this.#reporter.newItemId("claim"),
      session: this.#session,
      leg,
      token,
    };
    this.#open.set(item.id, { item, attempt });
    this.#reporter.push(item, 0, null, true);
  }

  /** Those without an answer once more, under the same ids: the answer may have been lost. */
  askAgain(): void {
    for (const [id, { item, attempt }] of this.#open) {
      if (attempt.stage === "offered") this.#reporter.push(item, 0, null, true);
      else this.#open.delete(id);
    }
  }

  /** The attempt that an answer is about; `null` where it has been answered before. */
  answered(id: string): Attempt | null {
    const claim = this.#open.get(id);
    this.#open.delete(id);
    return claim?.attempt ?? null;
  }
}
