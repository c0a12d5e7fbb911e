import type { LiveRecords } from "@berth/engine";

/** Not all at once: V8 bounds the length of a string. */
const recordsAtOnce = 1000;

/**
 * The records as a store would give them back: read from text. Those that the engine gives share its strings, which cost
 * no memory of their own then, and whose hashes are known.
 */
export function asStored(records: LiveRecords): LiveRecords {
  const entries = Object.entries(records).map(([name, value]) => [
    name,
    Array.isArray(value) ? listAsStored(value) : value,
  ]);
  return Object.fromEntries(entries) as LiveRecords;
}

function listAsStored(list: readonly unknown[]): unknown[] {
  const stored: unknown[] = [];
  for (let start = 0; start < list.length; start += recordsAtOnce) {
    const text = JSON.stringify(list.slice(start, start + recordsAtOnce));
    stored.push(...(JSON.parse(text) as unknown[]));
  }
  return stored;
}
