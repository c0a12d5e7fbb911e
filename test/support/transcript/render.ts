// Decisions as text: the reply, then what must be stored, then (`=>`) what is sent to tentacles.
import type { Change, Decisions, Effect, Reply } from "@berth/engine";
import {
  durationRecordText,
  holdText,
  legText,
  oopsText,
  quarantineText,
  scheduleText,
  sessionText,
  statusText,
  targetText,
  taskText,
} from "./record.ts";
import { durationText, momentText } from "./time.ts";
import { duration, list, moment, setting, tokenText, words } from "./words.ts";

export function decisionLines(decisions: Decisions): string[] {
  return [
    replyText(decisions.reply),
    ...decisions.changes.map((change) => `  ${changeText(change)}`),
    ...decisions.effects.map((effect) => `  => ${effectText(effect)}`),
  ];
}

function replyText(reply: Reply): string {
  switch (reply.type) {
    case "refused":
      return `refused ${reply.code}: ${reply.message}`;
    case "submitted":
      return words(reply.existing ? "submitted before" : "submitted", setting("joined", reply.joined));
    case "done":
      return "done";
    case "cancelled":
      return reply.ended ? "ended" : `asked to end ${setting("deadline", moment(reply.deadlineAt))}`;
    case "session":
      return words(
        `session lease=${durationText(reply.leaseMs)}`,
        setting("unknown", list(reply.targetsUnknown)),
        setting("adopted", list(reply.adopted)),
        setting("dropped", list(reply.dropped)),
      );
    case "beat":
      return `lease until=${momentText(reply.leaseUntil)}`;
    case "claim":
      return reply.answer;
  }
}

function changeText(change: Change): string {
  switch (change.type) {
    case "task.added":
      return taskText(change.task);
    case "task.changed":
      return words(`task ${change.id} is`, statusText(change.status));
    case "leg":
      return legText(change.leg);
    case "target":
      return targetText(change.target);
    case "target.removed":
      return `target ${change.id} is removed`;
    case "session":
      return sessionText(change.session);
    case "session.ended":
      return `session ${change.id} ends`;
    case "hold":
      return holdText(change.hold);
    case "hold.ended":
      return `hold ${change.id} ends`;
    case "quarantine":
      return quarantineText(change.quarantine);
    case "quarantine.ended":
      return `quarantine ${change.target}/${change.mutex} token=${tokenText(change.token)} ends`;
    case "semaphore":
      return `semaphore ${change.semaphore.id} limit=${change.semaphore.limit}`;
    case "semaphore.removed":
      return `semaphore ${change.id} is unset`;
    case "schedule":
      return scheduleText(change.schedule);
    case "schedule.removed":
      return `schedule ${change.id} is removed`;
    case "duration":
      return durationRecordText(change.duration);
    case "duration.removed":
      return `duration ${change.id} is forgotten`;
    case "oops":
      return oopsText(change.oops);
  }
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case "deliver":
      return words(
        `deliver ${effect.leg} to ${effect.session ?? "whoever claims it"} on ${effect.target}`,
        `${effect.mode} ${effect.kind} "${effect.name}" task=${effect.task}`,
        setting("step", effect.step),
        `attempt=${effect.attempt} token=${tokenText(effect.token)}`,
        setting("timeout", duration(effect.timeoutMs)),
      );
    case "cancel":
      return `cancel ${effect.leg} at ${effect.session} token=${tokenText(effect.token)} grace=${durationText(effect.graceMs)} reason="${effect.reason}"`;
    case "revoke":
      return `revoke ${effect.leg} at ${effect.session} token=${tokenText(effect.token)}`;
    case "session.ended":
      return `session ${effect.session} is over: ${effect.reason}`;
    case "listen":
      return "listen whether everything has been read";
  }
}

/** In messages too. */
export function shortTokens(line: string): string {
  return line.replace(/\b\d{14}-\d{12}\b/g, tokenText);
}
