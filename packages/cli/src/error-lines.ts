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
  task_unknown: "List the tasks with: berth tasks",
  target_unknown: "List the targets with: berth target list; add one with: berth target add NAME",
  parent_unknown: "List the tasks with: berth tasks",
  schedule_unknown: "List the schedules with: berth schedule list",
  hold_unknown: "List the holds with: berth hold list",
  oops_unknown: "List the OOPS with: berth oops list",
  quarantine_unknown: "List what is quarantined with: berth target list",
  task_not_parked: "List what is parked with: berth dead list",
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
