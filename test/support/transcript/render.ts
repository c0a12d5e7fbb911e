// Decisions as text: complete and stable. What has its usual value is left out: null, an empty list, mutex script, priority normal.
import type {
  Change,
  Decisions,
  Effect,
  Explanation,
  LegRecord,
  Reply,
  TaskRecord,
  TaskStatus,
} from "@berth/engine";
import { durationText, momentText } from "./time.ts";

/** The reply, then what must be stored, then (`=>`) what is sent to tentacles. */
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
      return addedText(change.task);
    case "task.changed":
      return words(`task ${change.id} is`, statusText(change.status));
    case "leg":
      return legText(change.leg);
    case "target":
      return words(
        `target ${change.target.id}`,
        setting("tags", list(change.target.tags)),
        setting("policy", policyText(change.target.policy)),
      );
    case "session": {
      const { session } = change;
      return words(
        `session ${session.id} of ${session.tentacle} ${session.version}`,
        `opened=${momentText(session.openedAt)} capacity=${session.capacity}`,
        setting("targets", list(session.targets)),
        session.draining ? "draining" : "",
      );
    }
    case "hold": {
      const { hold } = change;
      const { kinds, names, targets, tags } = hold.scope;
      return words(
        `hold ${hold.id} owner=${hold.owner} reason="${hold.reason}" placed=${momentText(hold.placedAt)}`,
        `from=${momentText(hold.from)}`,
        setting("until", moment(hold.until)),
        setting("kinds", list(kinds)),
        setting("names", list(names)),
        setting("targets", list(targets)),
        setting("tags", list(tags)),
      );
    }
    case "quarantine": {
      const { quarantine } = change;
      return words(
        `quarantine ${quarantine.target}/${quarantine.mutex} leg=${quarantine.leg}`,
        `token=${tokenText(quarantine.token)} session=${quarantine.session} tentacle=${quarantine.tentacle}`,
        `since=${momentText(quarantine.since)}`,
      );
    }
    case "quarantine.ended":
      return `quarantine ${change.target}/${change.mutex} token=${tokenText(change.token)} ends`;
    case "target.removed":
      return `target ${change.id} is removed`;
    case "session.ended":
      return `session ${change.id} ends`;
    case "hold.ended":
      return `hold ${change.id} ends`;
    case "oops":
      return oopsText(change.oops);
  }
}

function addedText(task: TaskRecord): string {
  return words(
    `task ${task.id} ${task.kind} "${task.name}" on ${task.targets.join(",")} order=${task.order}`,
    `queued=${momentText(task.queuedAt)}`,
    task.mutex === "script" ? "" : `mutex=${task.mutex}`,
    setting("digest", task.digest === "" ? null : task.digest),
    setting("not-before", moment(task.notBefore)),
    setting("expires", moment(task.queueExpiresAt)),
    setting("timeout", duration(task.timeoutMs)),
    setting("estimate", duration(task.estimateMs)),
    setting("grace", duration(task.cancelGraceMs)),
    "is",
    statusText(task.status),
  );
}

function statusText(status: TaskStatus): string {
  return words(
    status.state,
    status.priority === "normal" ? "" : `priority=${status.priority}`,
    setting("started", moment(status.startedAt)),
    setting("ended", moment(status.endedAt)),
  );
}

function legText(leg: LegRecord): string {
  const { cancel } = leg;
  return words(
    `leg ${leg.id} on ${leg.target} ${leg.mode} is ${leg.state} attempt=${leg.attempt}`,
    leg.failures === 0 ? "" : `failures=${leg.failures}`,
    setting("token", leg.token === null ? null : tokenText(leg.token)),
    setting("session", leg.session),
    setting("joined", leg.joined),
    setting("ready", moment(leg.readyAt)),
    setting("granted", moment(leg.grantedAt)),
    setting("started", moment(leg.startedAt)),
    setting("ended", moment(leg.endedAt)),
    setting("exit", leg.exitCode),
    setting("reason", leg.reason === null ? null : `"${leg.reason}"`),
    cancel === null
      ? ""
      : `cancel(at=${momentText(cancel.at)} by=${cancel.by} deadline=${momentText(cancel.deadlineAt)} ends-as=${cancel.endsAs} reason="${cancel.reason}")`,
  );
}

function oopsText(oops: Extract<Change, { type: "oops" }>["oops"]): string {
  return words(
    `${oops.id.replace("oops-", "OOPS ")} ${oops.type}: "${oops.value}"`,
    `at=${momentText(oops.at)} ${oops.kind} "${oops.name}" task=${oops.task} leg=${oops.leg} attempt=${oops.attempt}`,
    `target=${oops.target}`,
    setting("token", oops.token === null ? null : tokenText(oops.token)),
    setting("session", oops.session),
    setting("tentacle", oops.tentacle),
    setting("version", oops.version),
    setting("granted", moment(oops.grantedAt)),
    setting("started", moment(oops.startedAt)),
    setting("text", oops.text === null ? null : `"${oops.text}"`),
    `then=${oops.consequence}`,
  );
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case "deliver":
      return words(
        `deliver ${effect.leg} to ${effect.session ?? "whoever claims it"} on ${effect.target}`,
        `${effect.mode} ${effect.kind} "${effect.name}" task=${effect.task} attempt=${effect.attempt}`,
        `token=${tokenText(effect.token)}`,
        setting("timeout", duration(effect.timeoutMs)),
      );
    case "cancel":
      return `cancel ${effect.leg} at ${effect.session} token=${tokenText(effect.token)} grace=${durationText(effect.graceMs)} reason="${effect.reason}"`;
    case "revoke":
      return `revoke ${effect.leg} at ${effect.session} token=${tokenText(effect.token)}`;
    case "session.ended":
      return `session ${effect.session} is over: ${effect.reason}`;
  }
}

export function explanationLines(explanation: Explanation): string[] {
  const lines = [`task ${explanation.task} is ${explanation.state}`];
  for (const leg of explanation.legs) {
    const place = leg.position === null ? "" : `, position ${leg.position}`;
    // With causes, the summary is made of their messages.
    const summary = leg.causes.length === 0 ? `: ${leg.summary}` : "";
    lines.push(`  leg ${leg.leg} on ${leg.target} ${leg.mode} is ${leg.state}${place}${summary}`);
    for (const cause of leg.causes) {
      const until = cause.until === null ? "" : ` until=${momentText(cause.until)}`;
      lines.push(`    ${cause.code}${until}: ${cause.message}`);
      for (const { type, id, task, since, note } of cause.blockers) {
        lines.push(
          `      ${words(type, type === "quarantine" ? tokenText(id) : id, setting("task", task), setting("since", moment(since)))}: ${note}`,
        );
      }
    }
  }
  return lines;
}

/** `00000000000001-000000000003` is written as `1-3`, in messages too. */
export function shortTokens(line: string): string {
  return line.replace(/\b\d{14}-\d{12}\b/g, tokenText);
}

function tokenText(token: string): string {
  return token.split("-").map(Number).join("-");
}

function policyText(policy: object): string | null {
  return Object.keys(policy).length === 0 ? null : JSON.stringify(policy).replaceAll('"', "");
}

function words(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

function setting(key: string, value: string | number | null): string {
  return value === null ? "" : `${key}=${value}`;
}

function moment(at: number | null): string | null {
  return at === null ? null : momentText(at);
}

function duration(ms: number | null): string | null {
  return ms === null ? null : durationText(ms);
}

function list(items: readonly string[]): string | null {
  return items.length === 0 ? null : items.join(",");
}
