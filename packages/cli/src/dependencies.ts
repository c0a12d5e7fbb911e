import type { BerthClient } from "@berth/client";
import type { SendRequest } from "./broker/management.ts";

/** Where text goes; a stream of Node is one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What the command has of the world around it, so that a test can give it another one. */
export interface Dependencies {
  createClient(options: { readonly url: string; readonly space: string }): BerthClient;
  /** For what is not Berth's own API. */
  readonly fetch: SendRequest;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: { now(): number };
  /** The user of the operating system: who asks, unless said otherwise. */
  readonly user: string;
  /** Calls the listener when the user wants to stop (^C). The result ends that. */
  onInterrupt(listener: () => void): () => void;
}
