import { z } from "zod";

export interface CatalogueEntry {
  readonly status: number;
  /** What it means and what to do, for the reader of `docs/errors.md`. */
  readonly summary: string;
}

/** Every error that a user can meet. A code is permanent: it is never changed, and never reused for something else. */
export const catalogue = {
  request_invalid: {
    status: 400,
    summary: "A field is missing, unknown or has a value that is not allowed.",
  },
  request_not_json: { status: 400, summary: "The body is not JSON." },
  body_too_large: { status: 413, summary: "The body is over the limit of 1 MiB." },
  script_missing: { status: 400, summary: "A deploy, runbook or job has neither a script nor a handler." },
  script_and_handler: { status: 400, summary: "A task has both a script and a handler." },
  target_missing: { status: 400, summary: "A task names no target, or both `target` and `targets`." },
  target_repeated: { status: 400, summary: "A task names a target twice." },
  plan_contradictory: { status: 400, summary: "A task asks for things that cannot be had together." },
  semaphore_not_allowed: {
    status: 400,
    summary: "A task names a semaphore of the space itself, or bypasses its slots and waits for nothing.",
  },
  schedule_invalid: {
    status: 400,
    summary: "The times of a schedule cannot be read, or contradict each other.",
  },
  mode_not_allowed: {
    status: 400,
    summary: "A variable asks for an isolation that the target's policy does not allow.",
  },
  hold_ends_before_it_starts: {
    status: 400,
    summary: "`until` of a hold is not after its `from`, or is in the past.",
  },
  cursor_invalid: { status: 400, summary: "A cursor is not one that a page before has given." },
  sender_refused: {
    status: 403,
    summary:
      "The broker's user that sent this may not speak for that session or target; nothing was changed.",
  },
  cross_site_request: { status: 403, summary: "A page of another site asks the browser for this." },
  route_unknown: { status: 404, summary: "There is no such address." },
  space_unknown: { status: 404, summary: "There is no such space." },
  task_unknown: { status: 404, summary: "There is no such task." },
  target_unknown: { status: 404, summary: "There is no such target." },
  parent_unknown: { status: 404, summary: "There is no task that has not ended to be the parent." },
  schedule_unknown: { status: 404, summary: "There is no such schedule." },
  hold_unknown: { status: 404, summary: "There is no such hold, or it was lifted or ended." },
  oops_unknown: { status: 404, summary: "There is no such OOPS." },
  quarantine_unknown: { status: 404, summary: "That slot is not quarantined." },
  session_unknown: { status: 404, summary: "There is no such session, or its lease has ended." },
  idempotency_conflict: { status: 409, summary: "The idempotency key was used before with another body." },
  task_ended: { status: 409, summary: "The task has ended; that never changes." },
  task_not_waiting: { status: 409, summary: "The task is not waiting any more." },
  task_not_parked: { status: 409, summary: "The task is not parked." },
  parent_is_ending: { status: 409, summary: "The parent is being canceled and takes no more children." },
  target_in_use: { status: 409, summary: "The target has tasks that have not ended." },
  hold_conflict: { status: 409, summary: "A hold of this id exists and says something else." },
  session_conflict: { status: 409, summary: "A session of this id exists already." },
  stale_token: {
    status: 409,
    summary: "A report with a token that is no longer that of its leg; it changed nothing.",
  },
  host_unknown: { status: 421, summary: "The request names a host that this server does not answer for." },
  message_invalid: {
    status: 422,
    summary: "A message in the inbox could not be read; it was refused, with an OOPS.",
  },
  internal: { status: 500, summary: "A defect in Berth." },
  broker_unavailable: {
    status: 503,
    summary: "The message broker cannot be reached; nothing was done, try again.",
  },
  store_unavailable: { status: 503, summary: "The store cannot be reached; try again." },
  not_ready: { status: 503, summary: "The process runs, and something that it needs does not answer." },
  not_owned: { status: 503, summary: "No dispatcher owns the space at this time; try again." },
  answer_late: {
    status: 504,
    summary: "The dispatcher did not answer in time; the command may still take effect.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
export const ErrorCode: z.ZodType<ErrorCode> = z.enum(Object.keys(catalogue) as [ErrorCode, ...ErrorCode[]]);

/** The body of every answer that is an error. */
export const ErrorBody = z.strictObject({
  error: z.strictObject({
    code: ErrorCode,
    /** Names the value, what was expected, and what to do. */
    message: z.string(),
    /** Each field that is wrong, with its path in the body. */
    fields: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

export class BerthError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly { path: string; message: string }[] | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { fields?: readonly { path: string; message: string }[] },
  ) {
    super(message, options);
    this.name = "BerthError";
    this.code = code;
    this.fields = options?.fields;
  }
  get status(): number {
    return catalogue[this.code].status;
  }
}
