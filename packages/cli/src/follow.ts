import { followRule, isEndState } from "@berth/client";
import type { LogLineView, TaskState, TaskView } from "@berth/protocol";
import { exit, exitCodeOfState } from "./exit-code.ts";
import type { Invocation } from "./invocation.ts";
import { reasonText } from "./print/explanation.ts";
import { type Paint, styleOfState } from "./print/paint.ts";
import { decideText, ranText, taskTitle } from "./print/task.ts";
import { oneLine } from "./print/text.ts";

/** What a person sees of a task while it is followed. */
export interface Follower {
  state(state: TaskState): void;
  line(line: LogLineView): void;
  reason(text: string): void;
  /** The task has ended, or is parked. */
  end(task: TaskView): void;
}

export interface Followed {
  readonly task: TaskView;
  readonly exitCode: number;
}

/**
 * Follows a task until it has ended or is parked. Undefined: the user did not want to wait any longer, and was told that the
 * task goes on.
 */
export async function followToEnd(
  invocation: Invocation,
  task: string,
  follower: Follower,
): Promise<Followed | undefined> {
  const stop = new AbortController();
  const forget = invocation.dependencies.onInterrupt(() => stop.abort(new Error("interrupted")));
  try {
    await tell(invocation, task, follower, stop.signal);
    const view = await invocation.client.task(task, { signal: stop.signal, retries: followRule });
    follower.end(view);
    return { task: view, exitCode: exitCodeOfState(view.state) };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    invocation.note(`Stopped waiting. Task ${task} goes on; follow it again with: berth wait ${task}`);
    return undefined;
  } finally {
    forget();
  }
}

async function tell(
  invocation: Invocation,
  task: string,
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  let reason = "";
  for await (const news of invocation.client.follow(task, { signal, log: true, explanations: true })) {
    if (news.type === "line") follower.line(news.line);
    else if (news.type === "connection lost") invocation.note(`${news.error.message} Trying again…`);
    else if (news.type === "state") {
      if (isEndState(news.state) || news.state === "parked") return;
      follower.state(news.state);
    } else {
      const text = reasonText(news.explanation);
      if (text !== reason) follower.reason(text);
      reason = text;
    }
  }
}

/** `--wait`: what the system says goes to stderr, what the script says to stdout; both to stderr where stdout is for JSON. */
export function progressFollower(invocation: Invocation): Follower {
  const { paintNote } = invocation;
  const tag = (state: TaskState): string => paintNote(styleOfState(state), `[${state}]`);
  let attempt = 1;
  return {
    state: (state) => invocation.note(tag(state)),
    reason: (text) => invocation.note(`${tag("waiting")} ${text}`),
    line: (line) => {
      // Or what follows would look as if the script had said it twice.
      if (line.attempt > attempt) invocation.note(`${tag("running")} attempt ${line.attempt}`);
      attempt = line.attempt;
      if (invocation.json) invocation.note(line.text);
      else invocation.print(lineText(line, invocation.paint));
    },
    end: (task) => {
      invocation.note(`${tag(task.state)} ${endText(task, invocation.now)}`);
      if (task.state === "parked") invocation.note(decideText(task.id));
    },
  };
}

/** `--follow`: nothing but what the script writes, its stdout to stdout and its stderr to stderr, as if it ran here. */
export function scriptFollower(invocation: Invocation): Follower {
  const nothing = (): void => {};
  return {
    state: nothing,
    reason: nothing,
    line: (line) => {
      if (line.stream === "stdout" && !invocation.json) invocation.print(line.text);
      else invocation.note(line.text);
    },
    end: (task) => {
      if (task.state !== "succeeded") invocation.note(`[${task.state}] ${endText(task, invocation.now)}`);
    },
  };
}

/** Shows how it ends by its exit code, and as JSON if that is wanted. */
export async function followAndExit(
  invocation: Invocation,
  task: string,
  follower: Follower,
): Promise<number> {
  const followed = await followToEnd(invocation, task, follower);
  if (followed === undefined) return exit.interrupted.code;
  if (invocation.json) invocation.printJson(followed.task);
  return followed.exitCode;
}

/** What the script wrote keeps its own colours; the rest is told apart by ours. */
export function lineText({ stream, text }: LogLineView, paint: Paint): string {
  if (stream === "stdout") return text;
  return paint(stream === "stderr" ? "bad" : "quiet", text);
}

function endText(task: TaskView, now: number): string {
  const ran = ranText(task, now);
  const reasons = task.legs.flatMap(({ exitCode, reason }) => {
    const code = exitCode === null ? "" : `exit code ${exitCode}`;
    // The reason of a script that failed is its exit code.
    return reason === null || reason.includes(code) ? [reason ?? code] : [code, reason];
  });
  const parts = [ran === "" ? "" : `after ${ran}`, ...reasons.map(oneLine)];
  const details = parts.filter((part) => part !== "").join(", ");
  return `${task.id} ${taskTitle(task)}${details === "" ? "" : `: ${details}`}`;
}
