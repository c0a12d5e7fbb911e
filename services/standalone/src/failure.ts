import { StoreError } from "@berth/store";
import { ConfigError, type StandaloneConfig } from "./config.ts";

/** What went wrong at the start, for people, and with which status the process exits. */
export interface StartFailure {
  readonly message: string;
  /** 2: what was configured cannot be used. 1: anything else. */
  readonly exitCode: 1 | 2;
}

export function startFailure(error: unknown, config: StandaloneConfig | null): StartFailure {
  if (error instanceof ConfigError) return { message: error.message, exitCode: 2 };
  if (error instanceof StoreError) return { message: error.message, exitCode: 1 };
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    const address = `${config?.host}:${config?.port}`;
    return {
      message: `${address} is in use, perhaps by another Berth. Stop that, or set BERTH_PORT to a free port.`,
      exitCode: 2,
    };
  }
  if (code === "EADDRNOTAVAIL" || code === "EACCES") {
    return {
      message: `Berth cannot listen on ${config?.host}:${config?.port} (${code}). Set BERTH_HOST and BERTH_PORT to an address of this machine.`,
      exitCode: 2,
    };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}
