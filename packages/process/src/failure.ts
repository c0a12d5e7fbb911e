import { BrokerError } from "@berth/broker";
import { StoreError } from "@berth/store";
import { ConfigError } from "./environment.ts";

/** What went wrong at the start, for people, and with which status the process exits. */
export interface StartFailure {
  readonly message: string;
  /** 2: what was configured cannot be used. 1: anything else. */
  readonly exitCode: 1 | 2;
}

/** Where a process listens, and which variables say so. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly hostVariable: string;
  readonly portVariable: string;
}

export function startFailure(error: unknown, listen: ListenAddress | null): StartFailure {
  if (error instanceof ConfigError) return { message: error.message, exitCode: 2 };
  if (error instanceof StoreError && error.code === "store_misconfigured")
    return { message: error.message, exitCode: 2 };
  if (error instanceof StoreError || error instanceof BrokerError)
    return { message: error.message, exitCode: 1 };
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const where = `${listen?.host}:${listen?.port}`;
  if (listen !== null && code === "EADDRINUSE") {
    return {
      message: `${where} is in use, perhaps by another Berth. Stop that, or set ${listen.portVariable} to a free port.`,
      exitCode: 2,
    };
  }
  if (listen !== null && (code === "EADDRNOTAVAIL" || code === "EACCES")) {
    return {
      message: `Berth cannot listen on ${where} (${code}). Set ${listen.hostVariable} and ${listen.portVariable} to an address of this machine.`,
      exitCode: 2,
    };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}
