const loopbackHosts: readonly string[] = ["localhost", "127.0.0.1", "[::1]", "::1"];

/**
 * The names under which an API that listens on `host` may be reached; empty: any. On loopback only the names of this
 * machine and those that are named, so that no web page can reach it by a name of its own that leads here (DNS rebinding).
 */
export function allowedHosts(host: string, named: readonly string[]): readonly string[] {
  return loopbackHosts.includes(host) ? [...loopbackHosts, ...named] : named;
}
