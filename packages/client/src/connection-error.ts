import { BerthRequestError } from "./error.ts";

/** What the codes of Node mean to a person. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ENOTFOUND: "there is no such host (ENOTFOUND)",
  EAI_AGAIN: "the name of the host could not be looked up (EAI_AGAIN)",
  ECONNRESET: "the connection was cut (ECONNRESET)",
  UND_ERR_SOCKET: "the connection was cut (UND_ERR_SOCKET)",
  EHOSTUNREACH: "there is no way to that host (EHOSTUNREACH)",
  ETIMEDOUT: "the connection timed out (ETIMEDOUT)",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out (UND_ERR_CONNECT_TIMEOUT)",
  TimeoutError: "there was no answer in time",
};

/** Where the request cannot have arrived, so that even what must not happen twice may be sent again. */
const neverSent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export function cannotHaveArrived(error: unknown): boolean {
  return neverSent.has(codeOf(error) ?? "");
}

export function unreachable(url: string, cause: unknown, attempts: number): BerthRequestError {
  const code = codeOf(cause);
  const reason = reasons[code ?? ""] ?? (cause instanceof Error ? cause.message : String(cause));
  const tries = attempts === 1 ? "" : ` after ${attempts} attempts`;
  return new BerthRequestError(
    "unreachable",
    `${url} cannot be reached${tries}: ${reason}. Check that the Berth API runs and that this is its address.`,
    { cause, attempts },
  );
}

/** `fetch` hides the code in the cause, and behind a name with several addresses in the errors of the cause. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TimeoutError") return error.name;
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
