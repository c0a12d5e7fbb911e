import type { TaskEvent } from "@berth/protocol";
import { unreachable } from "./connection-error.ts";
import { BerthRequestError } from "./error.ts";
import { delayBefore, followRule } from "./retry.ts";
import { serverSentEvents } from "./server-sent-events.ts";
import { isEndState } from "./states.ts";
import type { Transport } from "./transport.ts";

export interface TaskEventSource {
  readonly transport: Transport;
  readonly space: string;
  /** A stream that is silent for so long is taken for dead, and opened anew. */
  readonly idleMaxMs: number;
}

/**
 * What happens to a task until it has ended: first its present state, then one event per change. Outlives restarts of the
 * server and broken connections; after each of them the present state comes again, so that no change of state is missed.
 * `onLost` hears of each outage once. `log` says that the log may have grown: of the first event of a connection too, since nobody told while there was none.
 */
export async function* taskEvents(
  source: TaskEventSource,
  task: string,
  signal: AbortSignal,
  onLost: (error: BerthRequestError) => void = () => {},
): AsyncGenerator<TaskEvent, void> {
  let failures = 0;
  for (;;) {
    let failure: BerthRequestError;
    try {
      for await (const event of oneConnection(source, task, signal)) {
        failures = 0;
        yield event;
        if (isEndState(event.state)) return;
      }
      failure = unreachable(source.transport.url, new Error("the stream of events ended too early"), 1);
    } catch (error) {
      signal.throwIfAborted();
      failure = comesBack(error, source.transport.url);
    }
    failures += 1;
    if (failures >= followRule.attempts) throw failure;
    // A stream that breaks and comes back at once is nothing to tell: proxies end those that are old.
    if (failures === 2) onLost(failure);
    await source.transport.wait(delayBefore(failures + 1, followRule), signal);
  }
}

async function* oneConnection(
  { transport, space, idleMaxMs }: TaskEventSource,
  task: string,
  signal: AbortSignal,
): AsyncGenerator<TaskEvent, void> {
  const connection = new AbortController();
  const silence = (): void => connection.abort(new Error(`nothing came for ${idleMaxMs} ms`));
  let watchdog = setTimeout(silence, idleMaxMs);
  const onPiece = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(silence, idleMaxMs);
  };
  try {
    const path = ["v1", space, "tasks", task, "events"];
    const body = await transport.open(path, AbortSignal.any([signal, connection.signal]));
    let first = true;
    for await (const { name, data } of serverSentEvents(body, onPiece)) {
      if (name !== "task") continue;
      const event = JSON.parse(data) as TaskEvent;
      yield first ? { ...event, log: true } : event;
      first = false;
    }
  } finally {
    clearTimeout(watchdog);
    connection.abort();
  }
}

/** Throws what will not be mended by trying again, e.g. that there is no such task. */
function comesBack(error: unknown, url: string): BerthRequestError {
  if (!(error instanceof BerthRequestError)) return unreachable(url, error, 1);
  const passing = error.status === null || error.status === 429 || error.status >= 502;
  if (passing) return error;
  throw error;
}
