/** The reason of an aborted signal, as `fetch` and the like expect it. */
export function abortError(reason: string): DOMException {
  return new DOMException(reason, "AbortError");
}
