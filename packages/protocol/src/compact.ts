// How what comes in great numbers is written where it leaves a process: as rows, in which nothing is said twice. A row tells by its
// places what an object tells by its names, in half the bytes; on both sides a task costs what its bytes cost to write, to carry and
// to read. Whoever reads makes the objects of it again, and checks those as if they had come so.
import { type InboxItem, type InboxItemOf, inboxItemsMax } from "./inbox.ts";
import type { Delivery } from "./outbox.ts";

/** The last place is the payload, which a dispatcher has as text and adds as it is. */
export type DeliveryRow = readonly [
  target: string,
  task: string,
  leg: string,
  kind: Delivery["kind"],
  name: string,
  mode: Delivery["mode"],
  attempt: number,
  token: string,
  step: number | null,
  timeoutMs: number | null,
];

/** Everything of a delivery but what a group says once, and the payload. */
export function deliveryRow(delivery: Omit<Delivery, "v" | "space" | "session" | "payload">): DeliveryRow {
  const { target, task, leg, kind, name, mode, attempt, token, step, timeoutMs } = delivery;
  return [target, task, shortLeg(task, leg), kind, name, mode, attempt, token, step, timeoutMs];
}

/**
 * The deliveries that came together in a message, each as it would have come alone; `null`: it is no such message. Nothing of
 * them is checked.
 */
export function groupedDeliveries(message: unknown): readonly unknown[] | null {
  if (typeof message !== "object" || message === null) return null;
  const { space, session, rows, deliveries } = message as Record<string, unknown>;
  if (Array.isArray(deliveries)) return deliveries;
  if (!Array.isArray(rows)) return null;
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) return row;
    const [target, task, leg, kind, name, mode, attempt, token, step, timeoutMs, payload] = row as unknown[];
    return {
      v: 1,
      space,
      target,
      task,
      leg: wholeLeg(task, leg),
      kind,
      name,
      mode,
      attempt,
      token,
      step,
      session,
      timeoutMs,
      payload,
    };
  });
}

type ReportRow = readonly [
  id: string,
  task: string,
  leg: string,
  attempt: number,
  token: string,
  exitCode: number | null,
];

/** Reports of one session that attempts have succeeded, in the place of an item. */
interface SucceededReports {
  readonly type: "succeeded";
  readonly session: string;
  readonly rows: ReportRow[];
}

/** The same items in the same order, where reports of success that follow each other are one. */
export function compactItems(items: readonly InboxItem[]): readonly unknown[] {
  const compact: unknown[] = [];
  let open: SucceededReports | null = null;
  for (const item of items) {
    const row = item.type === "report" ? reportRow(item) : null;
    if (item.type !== "report" || row === null) {
      compact.push(item);
      open = null;
      continue;
    }
    if (open === null || open.session !== item.session) {
      open = { type: "succeeded", session: item.session, rows: [] };
      compact.push(open);
    }
    open.rows.push(row);
  }
  return compact;
}

function reportRow(item: InboxItemOf<"report">): ReportRow | null {
  const { id, session, task, leg, attempt, token, report } = item;
  if (report.type !== "finished" || report.outcome.type !== "succeeded") return null;
  if (!id.startsWith(`${session}/`)) return null;
  const { exitCode } = report.outcome;
  return [id.slice(session.length + 1), task, shortLeg(task, leg), attempt, token, exitCode];
}

/** The items of a message, each by itself again; `null`: they are more than `inboxItemsMax`. Nothing of them is checked. */
export function expandedItems(items: readonly unknown[]): readonly unknown[] | null {
  const expanded: unknown[] = [];
  for (const item of items) {
    const reports = succeededReports(item);
    if (expanded.length + (reports?.rows.length ?? 1) > inboxItemsMax) return null;
    if (reports === null) expanded.push(item);
    else for (const row of reports.rows) expanded.push(reportOf(reports.session, row));
  }
  return expanded;
}

function succeededReports(item: unknown): { session: string; rows: readonly unknown[] } | null {
  if (typeof item !== "object" || item === null) return null;
  const { type, session, rows } = item as Record<string, unknown>;
  const isThat = type === "succeeded" && typeof session === "string" && Array.isArray(rows);
  return isThat ? { session, rows } : null;
}

function reportOf(session: string, row: unknown): unknown {
  if (!Array.isArray(row)) return row;
  const [id, task, leg, attempt, token, exitCode] = row as unknown[];
  return {
    type: "report",
    id: `${session}/${String(id)}`,
    session,
    task,
    leg: wholeLeg(task, leg),
    attempt,
    token,
    report: { type: "finished", outcome: { type: "succeeded", exitCode } },
  };
}

/** The id of a leg begins with that of its task, as a rule. */
function shortLeg(task: string, leg: string): string {
  return leg.startsWith(`${task}.`) ? leg.slice(task.length) : leg;
}

/** An id begins with a letter or a digit. */
function wholeLeg(task: unknown, leg: unknown): unknown {
  return typeof leg === "string" && leg.startsWith(".") ? `${String(task)}${leg}` : leg;
}
