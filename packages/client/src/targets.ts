import type { PageView, TargetRequest, TargetView } from "@berth/protocol";
import type { CallOptions, SpaceCalls } from "./space-calls.ts";

export class Targets {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  async list(options: CallOptions = {}): Promise<TargetView[]> {
    const { items } = await this.#calls.get<PageView<TargetView>>(["targets"], options);
    return items;
  }

  get(target: string, options: CallOptions = {}): Promise<TargetView> {
    return this.#calls.get(["targets", target], options);
  }

  /** Makes the target, or replaces its whole policy, its tags and its users. */
  put(target: string, request: Partial<TargetRequest>, options: CallOptions = {}): Promise<TargetView> {
    return this.#calls.put(["targets", target], { ...options, body: request });
  }

  async remove(target: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.delete(["targets", target], options);
  }

  /** Opens a slot that is shut because what last held it may still be running. Only who has looked should do it. */
  async releaseQuarantine(
    target: string,
    mutex: string,
    order: CallOptions & { readonly by?: string | undefined; readonly note?: string | undefined } = {},
  ): Promise<void> {
    const { signal, ...body } = order;
    await this.#calls.post(["targets", target, "quarantines", mutex, "release"], { signal, body });
  }
}
