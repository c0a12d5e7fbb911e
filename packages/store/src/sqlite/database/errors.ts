import { StoreError } from "../../port.ts";
import type { Failure } from "../requests.ts";

/** The primary result codes of SQLite (sqlite.org/rescode.html). */
const sqlite = { busy: 5, locked: 6, readOnly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/** What went wrong, as it crosses to the main thread. `path` is that of the database. */
export function failureOf(error: unknown, path: string): Failure {
  if (error instanceof StoreError) {
    const cause = error.cause instanceof Error ? error.cause.message : null;
    return { code: error.code, message: error.message, cause };
  }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  switch (resultCode(error)) {
    case sqlite.busy:
    case sqlite.locked: {
      const message = `the database "${path}" is in use by another process; stop that one, or give this one a file of its own`;
      return { code: "store_in_use", message, cause };
    }
    case sqlite.corrupt:
    case sqlite.notADatabase: {
      const message = `the database "${path}" is damaged or is none; restore it from a backup, or move it away to start with an empty one`;
      return { code: "store_broken", message, cause };
    }
    case sqlite.full:
      return { code: "store_full", message: `there is no room left for the database "${path}"`, cause };
    case sqlite.readOnly:
    case sqlite.cannotOpen: {
      const message = `the database "${path}" cannot be opened for writing; check that it is a file, and its permissions`;
      return { code: "store_unreachable", message, cause };
    }
    default:
      return {
        code: "store_unreachable",
        message: `the database "${path}" failed: ${firstLine(cause)}`,
        cause,
      };
  }
}

function resultCode(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return null;
  // Extended codes carry the primary one in their lowest byte.
  return typeof error.errcode === "number" ? error.errcode & 0xff : null;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
