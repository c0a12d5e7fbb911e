import type { ScheduleView } from "@berth/protocol";
import type { Paint } from "./paint.ts";
import { planFacts } from "./plan.ts";
import { type Column, factLines } from "./table.ts";
import { runsText } from "./task.ts";
import { durationText, momentText, relativeText } from "./time-text.ts";
import { workText } from "./work.ts";

/** `every 10 min`, or `30 3 * * 1-5 (Europe/Berlin)`. */
function timesText({ everyMs, cron, timeZone }: ScheduleView): string {
  if (everyMs !== undefined) return `every ${durationText(everyMs)}`;
  return `${cron ?? ""} (${timeZone ?? "UTC"})`;
}

export function scheduleColumns(now: number): readonly Column<ScheduleView>[] {
  return [
    { title: "NAME", text: ({ name }) => name, style: () => "strong" },
    {
      title: "STATE",
      text: stateText,
      style: ({ paused }) => (paused ? "waiting" : "good"),
    },
    { title: "TIMES", text: timesText },
    { title: "ENQUEUES", text: ({ task }) => workText(task), mayShrink: true },
    { title: "NEXT", text: ({ nextAt }) => relativeText(nextAt, now) },
    { title: "LAST TASK", text: ({ lastTask }) => lastTask ?? "" },
    { title: "OWNER", text: ({ owner }) => owner, mayShrink: true },
  ];
}

/** What has no next time although nobody paused it never enqueues again. */
function stateText({ paused, nextAt }: ScheduleView): string {
  if (paused) return "paused";
  return nextAt === null ? "over" : "active";
}

export function scheduleLines(schedule: ScheduleView, now: number, paint: Paint): string[] {
  const { name, owner, nextAt, lastTask, task } = schedule;
  return [
    `${paint("strong", name)}: ${paint(schedule.paused ? "waiting" : "good", stateText(schedule))}`,
    "",
    ...factLines(
      [
        ["Times", timesText(schedule)],
        ["Next", momentText(nextAt, now)],
        ["Last task", lastTask ?? ""],
        ["Missed", missedTexts[schedule.missed]],
        ["Overlap", overlapTexts[schedule.overlap]],
        ["Owner", owner],
        ["Enqueues", workText(task)],
        ["Runs", runsText(task)],
        ...planFacts(task),
        ["Priority", task.priority],
        ["Mutex", task.mutex],
        ["Queue expiry", durationOrNothing(task.queueExpiryMs)],
        ["Timeout", durationOrNothing(task.timeoutMs)],
        ["Estimate", durationOrNothing(task.estimateMs)],
      ],
      paint,
    ),
    "",
    `What it has enqueued: berth tasks --schedule ${name}`,
  ];
}

const missedTexts = {
  skip: "skip: what was missed is left out",
  once: "once: one run makes up for what was missed",
} as const satisfies Record<ScheduleView["missed"], string>;

const overlapTexts = {
  skip: "skip: no run while the one before has not ended",
  queue: "queue: also while the one before has not ended",
} as const satisfies Record<ScheduleView["overlap"], string>;

function durationOrNothing(ms: number | undefined): string {
  return ms === undefined ? "" : durationText(ms);
}

/** `backup enqueues job nightly on db-1: every 10 min, next in 5 min` */
export function scheduleSentence(schedule: ScheduleView, now: number): string {
  const { name, paused, nextAt, task } = schedule;
  const next = nextAt === null ? (paused ? "paused" : "never again") : `next ${relativeText(nextAt, now)}`;
  return `${name} enqueues ${workText(task)}: ${timesText(schedule)}, ${next}`;
}
