import { followRule, isEndState } from "@berth/client";
import type { LogLineView, TaskState, TaskView } from "@berth/protocol";
import { exit, exitCodeOfState } from "./exit-code.ts";
import type { Invocation } from "./invocation.ts";
import { LineOrigins } from "./line-origin.ts";
import { reasonText } from "./print/explanation.ts";
import { type Paint, styleOfState } from "./print/paint.ts";
import { decideText } from "./print/parking.ts";
import { legCountsText, ranText } from "./print/task.ts";
import { oneLine } from "./print/text.ts";
import { workText } from "./print/work.ts";

/** What a person sees of a task while it is followed. */
export interface Follower {
  state(state: TaskState): void;
  line(line: LogLineView, origins: LineOrigins): Promise<void>;
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
  const origins = new LineOrigins(() => invocation.client.task(task, { signal, retries: followRule }));
  for await (const news of invocation.client.follow(task, { signal, log: true, explanations: true })) {
    if (news.type === "line") await follower.line(news.line, origins);
    else if (news.type === "connection lost") invocation.note(`${news.error.message} Trying again…`);
    else if (news.type === "state") {
      if (isEndState(news.state) || news.state === "parked") return;
      follower.state(news.state);
    } else {
      const text = reasonText(news.explanation, invocation.now);
      if (text !== reason) follower.reason(text);
      reason = text;
    }
  }
}

/** `--wait`: what the system says goes to stderr, what the script says to stdout; both to stderr where stdout is for JSON. */
export function progressFollower(invocation: Invocation): Follower {
  const { paintNote } = invocation;
  const tag = (state: TaskState): string => paintNote(styleOfState(state), `[${state}]`);
  return {
    state: (state) => invocation.note(tag(state)),
    reason: (text) => invocation.note(`${tag("waiting")} ${text}`),
    line: async (line, origins) => {
      const target = await origins.targetOf(line);
      const beginning = await origins.beginningOf(line);
      const place = target === null ? "" : `${target}: `;
      // Or what follows would look as if the script had said it twice.
      if (beginning !== null) invocation.note(`${tag("running")} ${place}${beginning}`);
      if (invocation.json) invocation.note(fromTarget(target, line.text));
      else invocation.print(fromTarget(target, lineText(line, invocation.paint)));
    },
    end: (task) => {
      for (const text of badEnds(task)) invocation.note(text);
      invocation.note(`${tag(task.state)} ${endText(task, invocation.now)}`);
      if (task.state === "parked") invocation.note(decideText(task));
    },
  };
}

/** `--follow`: nothing but what the script writes, its stdout to stdout and its stderr to stderr, as if it ran here. Of several targets each line names its own. */
export function scriptFollower(invocation: Invocation): Follower {
  const nothing = (): void => {};
  return {
    state: nothing,
    reason: nothing,
    line: async (line, origins) => {
      const text = fromTarget(await origins.targetOf(line), line.text);
      if (line.stream === "stdout" && !invocation.json) invocation.print(text);
      else invocation.note(text);
    },
    end: (task) => {
      if (task.state === "succeeded") return;
      for (const text of badEnds(task)) invocation.note(text);
      invocation.note(`[${task.state}] ${endText(task, invocation.now)}`);
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

/** `web-1 | copying files`: where several targets write, each line names its own. */
export function fromTarget(target: string | null, text: string): string {
  return target === null ? text : `${target} | ${text}`;
}

function endText(task: TaskView, now: number): string {
  const ran = ranText(task, now);
  const [only, ...others] = task.legs;
  const ends = only !== undefined && others.length === 0 ? reasonsOf(only) : [legCountsText(task.legs)];
  const parts = [ran === "" ? "" : `after ${ran}`, ...ends];
  const details = parts.filter((part) => part !== "").join(", ");
  return `${task.id} ${workText(task)}${details === "" ? "" : `: ${details}`}`;
}

/** Enough to begin with; `berth task` has all of them. */
const badEndsShown = 20;

/** Of several legs, a line for each that did not succeed. */
function badEnds({ id, legs }: TaskView): string[] {
  if (legs.length === 1) return [];
  const bad = legs.filter(({ state }) => state !== "succeeded");
  const more = bad.length - badEndsShown;
  return [
    ...bad.slice(0, badEndsShown).map((leg) => {
      const reasons = reasonsOf(leg).join(", ");
      return `${leg.target}: ${leg.state}${reasons === "" ? "" : `, ${reasons}`}`;
    }),
    ...(more > 0 ? [`${more} more: berth task ${id}`] : []),
  ];
}

function reasonsOf({ exitCode, reason }: TaskView["legs"][number]): string[] {
  const code = exitCode === null ? "" : `exit code ${exitCode}`;
  // The reason of a script that failed is its exit code.
  const reasons = reason === null || reason.includes(code) ? [reason ?? code] : [code, reason];
  return reasons.map(oneLine).filter((text) => text !== "");
}
