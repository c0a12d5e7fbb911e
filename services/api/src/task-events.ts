import { clearInterval, setInterval } from "node:timers";
import { isEndState } from "@berth/engine";
import type { TaskEvent, TaskNotice, TaskState } from "@berth/protocol";
import type { ApiSetup } from "./setup.ts";

export interface EventStreamSetup {
  readonly setup: ApiSetup;
  readonly space: string;
  readonly task: string;
  /** Nobody reads any more, or the server stops. */
  readonly ended: AbortSignal;
}

const heartbeatDefaultMs = 15_000;

/**
 * The text of a stream of events. The store is what is shown, and notices only say when to look: so no state is shown
 * that is not durable, and none after a later one. One that is over before it is read is left out.
 *
 * `log` is also true where nobody can know, so that no line is missed: at the start, and whenever a watch has begun.
 */
export async function* taskEventText(stream: EventStreamSetup): AsyncGenerator<string> {
  const { setup, space, task, ended } = stream;
  const signs = new Signs(ended);
  const stopWatching = setup.inbox.watch(space, task, (notice) => signs.add(notice));
  const heartbeat = setInterval(() => signs.beat(), setup.heartbeatMs ?? heartbeatDefaultMs);
  try {
    yield* whileItLives(stream, signs);
  } catch (error) {
    // The reader opens another stream, and begins there with the present state.
    setup.logger.warn({ err: error, task }, "a stream of events ended early");
  } finally {
    clearInterval(heartbeat);
    stopWatching();
    signs.end();
  }
}

async function* whileItLives(
  { setup, space, task, ended }: EventStreamSetup,
  signs: Signs,
): AsyncGenerator<string> {
  let shown: TaskState | null = null;
  while (!ended.aborted) {
    const { log, beat } = signs.take();
    const state = (await setup.store.task(space, task))?.task.status.state;
    // It ended, and was deleted with age since.
    if (state === undefined) return;
    if (state !== shown || log) yield eventText({ task, state, log });
    else if (beat) yield ": alive\n\n";
    if (isEndState(state)) return;
    shown = state;
    await signs.next();
  }
}

function eventText(event: TaskEvent): string {
  return `event: task\ndata: ${JSON.stringify(event)}\n\n`;
}

/** What was heard since the last look; however much it is, one look answers it. */
class Signs {
  readonly #ended: AbortSignal;
  #log = true;
  #beat = false;
  #heard = false;
  #wake: () => void = () => {};

  constructor(ended: AbortSignal) {
    this.#ended = ended;
    ended.addEventListener("abort", this.#onEnd, { once: true });
  }

  add(notice: TaskNotice): void {
    this.#log ||= notice.log;
    this.#hear();
  }

  beat(): void {
    this.#beat = true;
    this.#hear();
  }

  take(): { log: boolean; beat: boolean } {
    const taken = { log: this.#log, beat: this.#beat };
    this.#log = false;
    this.#beat = false;
    this.#heard = false;
    return taken;
  }

  /** Resolves when there is something to take, or at the end. */
  async next(): Promise<void> {
    if (this.#heard || this.#ended.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    this.#ended.removeEventListener("abort", this.#onEnd);
  }

  readonly #onEnd = (): void => this.#wake();

  #hear(): void {
    this.#heard = true;
    this.#wake();
  }
}
