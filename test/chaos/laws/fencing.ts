import type { ReplyBody } from "@berth/protocol";

/** A report under a token that was not in force any more when it was sent, and what was answered. */
export interface StaleReport {
  readonly leg: string;
  readonly token: string;
  readonly answer: ReplyBody;
}

/** Law 5: a report with a stale token changes nothing, and says so. */
export function acceptedStale(reports: readonly StaleReport[]): string[] {
  return reports
    .filter(({ answer }) => answer.type !== "refused" || answer.code !== "stale_token")
    .map(
      ({ leg, token, answer }) => `a report of ${leg} under ${token} was answered: ${JSON.stringify(answer)}`,
    );
}
