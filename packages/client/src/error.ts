import type { ErrorCode } from "@berth/protocol";

/** What the client itself has to say; every other code is from the catalogue of errors of the API. */
export type ClientErrorCode =
  /** No answer: nothing listens there, the connection broke, or the answer took too long. */
  | "unreachable"
  /** An answer that is not Berth's, e.g. the page of a proxy. */
  | "answer_unreadable"
  /** The address given to the client is not an http(s) URL. */
  | "url_invalid";

/** One of the known codes, or that of a newer server. */
export type BerthErrorCode = ErrorCode | ClientErrorCode | (string & Record<never, never>);

export interface WrongField {
  /** Where in the body, e.g. `script.text`. */
  readonly path: string;
  readonly message: string;
}

export interface BerthRequestErrorOptions extends ErrorOptions {
  readonly status?: number;
  readonly fields?: readonly WrongField[];
  readonly attempts?: number;
}

/** A call that did not get what it asked for: refused by the server, or never answered. */
export class BerthRequestError extends Error {
  readonly code: BerthErrorCode;
  /** The HTTP status, or `null` where there was no answer. */
  readonly status: number | null;
  /** Each field of the body that is wrong, where the server says so. */
  readonly fields: readonly WrongField[];
  /** How often the call was sent before it was given up. */
  readonly attempts: number;

  constructor(code: BerthErrorCode, message: string, options: BerthRequestErrorOptions = {}) {
    super(message, options);
    this.name = "BerthRequestError";
    this.code = code;
    this.status = options.status ?? null;
    this.fields = options.fields ?? [];
    this.attempts = options.attempts ?? 1;
  }
}
