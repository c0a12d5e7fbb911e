import { StoreError } from "../port.ts";
import { type Address, readAddress } from "./address.ts";

/** As pino has it. */
export interface RedisStoreLogger {
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}

export interface RedisStoreOptions {
  /**
   * `redis://[user:password@]host:port[/database]`; `redis+sentinel://host:port,host:port/masterName[/database]`;
   * `redis+cluster://host:port,host:port`. With `rediss` in place of `redis` each of them goes through TLS.
   */
  readonly url: string;
  /** What all keys begin with, so that several Berths can share a server. `berth` by default. */
  readonly prefix?: string;
  /**
   * What a commit waits for. `memory`: it survives the end of this process. `fsync`: it survives that of the machine that
   * Redis runs on. `replicated`: it is on replicas too. The last two cost a wait for the disk or the network each.
   */
  readonly durability: "memory" | "fsync" | "replicated";
  /** With `replicated`: how many replicas must have a commit. 1 by default. */
  readonly replicas?: number;
  /** How long an answer is waited for, and before that a connection; ms. 5,000 by default. */
  readonly timeoutMs?: number;
  readonly logger?: RedisStoreLogger;
}

export type Durability =
  | { readonly type: "memory" }
  | { readonly type: "fsync" }
  | { readonly type: "replicated"; readonly replicas: number };

export interface Settings {
  readonly address: Address;
  readonly prefix: string;
  readonly durability: Durability;
  readonly timeoutMs: number;
  readonly logger: RedisStoreLogger;
}

const silent: RedisStoreLogger = { info() {}, warn() {}, error() {} };

export function settingsOf(options: RedisStoreOptions): Settings {
  const { url, prefix = "berth", replicas = 1, timeoutMs = 5000, logger = silent } = options;
  // A brace in the prefix would end the hash tag before it names the space, or begin one where none must be.
  if (!/^[^{}\s]+$/.test(prefix)) throw misconfigured(`prefix "${prefix}" has braces or blanks, or is empty`);
  if (!Number.isInteger(replicas) || replicas < 1)
    throw misconfigured(`replicas is ${replicas}; expected a whole number of at least 1`);
  const { durability: type } = options;
  const durability = type === "replicated" ? { type, replicas } : { type };
  return { address: readAddress(url), prefix, durability, timeoutMs, logger };
}

export function misconfigured(message: string, options?: ErrorOptions): StoreError {
  return new StoreError("store_misconfigured", message, options);
}
