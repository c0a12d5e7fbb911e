import type { InboxClient } from "@berth/broker";
import type { Store } from "@berth/store";
import type { Logger } from "pino";

/** What the API needs; all of it is started and stopped by whoever made it. */
export interface ApiSetup {
  readonly inbox: InboxClient;
  readonly store: Store;
  /** The spaces that this server serves. */
  readonly spaces: readonly string[];
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /**
   * Names under which the server is reached, without port, e.g. `localhost`. A request for another one is refused, so
   * that no web page can reach a local server by a name of its own (DNS rebinding). Left out: any name.
   */
  readonly hosts?: readonly string[];
  /** How often a stream of events shows that it is alive and looks into the store for what it may have missed. */
  readonly heartbeatMs?: number;
  /** How long `/readyz` waits for an answer. */
  readonly readyTimeoutMs?: number;
}
