// For what no signal tells, such as that a process is gone: asks again and again, and fails loudly in the end.
import { setTimeout } from "node:timers/promises";

const pollMs = 20;

/** Resolves with the first result that is neither `undefined`, `null` nor `false`. Rejects, naming `what`, after `deadlineMs`. */
export async function eventually<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  deadlineMs = 60_000,
): Promise<Exclude<Value, undefined | null | false>> {
  const untilMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) {
      return value as Exclude<Value, undefined | null | false>;
    }
    if (performance.now() > untilMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await setTimeout(pollMs);
  }
}
