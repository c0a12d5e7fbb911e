import type { Failure } from "./command.ts";
import type { TaskKind } from "./words.ts";

/**
 * What makes two failures the same problem: the same kind and name of task, the same type of error, and the same words but
 * for what differs each time (numbers, addresses, ids). Launchpad's OOPS grouped by type and normalized value.
 */
export function fingerprintOf(
  task: { readonly kind: TaskKind; readonly name: string },
  failure: Failure,
): string {
  return `${task.kind}|${task.name}|${failure.type}|${normalized(failure.value)}`;
}

const lengthMax = 200;

function normalized(text: string): string {
  return text
    .slice(0, 4 * lengthMax)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>")
    .replace(/\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b/gi, (word) =>
      /^\d+$/.test(word) || word.length >= 6 ? "<n>" : word,
    )
    .slice(0, lengthMax);
}
