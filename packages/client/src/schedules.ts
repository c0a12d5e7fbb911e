import type { PageView, ScheduleRequestInput, ScheduleView } from "@berth/protocol";
import type { CallOptions, SpaceCalls } from "./space-calls.ts";

/** What enqueues tasks by itself. */
export class Schedules {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  async list(options: CallOptions = {}): Promise<ScheduleView[]> {
    const { items } = await this.#calls.get<PageView<ScheduleView>>(["schedules"], options);
    return items;
  }

  get(schedule: string, options: CallOptions = {}): Promise<ScheduleView> {
    return this.#calls.get(["schedules", schedule], options);
  }

  /** Makes the schedule, or replaces all that it says. */
  put(schedule: string, request: ScheduleRequestInput, options: CallOptions = {}): Promise<ScheduleView> {
    return this.#calls.put(["schedules", schedule], { ...options, body: request });
  }

  /** What it has enqueued goes on. */
  async remove(schedule: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.delete(["schedules", schedule], options);
  }
}
