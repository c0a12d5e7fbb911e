import process from "node:process";

/** Needs `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("garbage is collected on demand only with --expose-gc");
  globalThis.gc();
}

/** What is alive on the heap of this process, without any garbage. */
export function liveHeapBytes(): number {
  // What is found dead the first time may have kept other things alive through weak references.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
