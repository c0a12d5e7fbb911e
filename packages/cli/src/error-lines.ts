import { BerthRequestError } from "@berth/client";

/** What was given cannot be meant; the message says what was expected. */
export class UsageError extends Error {
  /** What to do about it, on a line of its own. */
  readonly remedy: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly remedy?: string } = {}) {
    super(message, options);
    this.name = "UsageError";
    this.remedy = options.remedy;
  }
}

const anotherAddress = "Give another address with --url or BERTH_URL.";

/** What to do about it, where the message does not say so already. */
const remedies: Readonly<Record<string, string>> = {
  unreachable: anotherAddress,
  answer_unreadable: anotherAddress,
  url_invalid: anotherAddress,
  task_unknown: "The tasks there are: berth tasks",
  target_unknown: "The targets there are: berth target list; to add one: berth target add NAME",
  hold_unknown: "The holds there are: berth hold list",
  oops_unknown: "The OOPS there are: berth oops list",
  quarantine_unknown: "What is quarantined: berth target list",
  task_not_parked: "What is parked: berth dead list",
};

/** The most wrong fields that are told; who has more of them mends these first. */
const fieldLinesMax = 5;

/** One or two plain lines: what was wrong, what was expected, what to do. */
export function linesOfError(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError && error.remedy !== undefined) return [`berth: ${message}`, error.remedy];
  if (!(error instanceof BerthRequestError)) return [`berth: ${message}`];
  const fields = error.fields.filter(
    ({ path, message: text }) => !(message.includes(path) && message.includes(text)),
  );
  const remedy = remedies[error.code];
  return [
    `berth: ${message}`,
    ...fields.slice(0, fieldLinesMax).map(({ path, message: text }) => `  ${path}: ${text}`),
    ...(remedy === undefined ? [] : [remedy]),
  ];
}
