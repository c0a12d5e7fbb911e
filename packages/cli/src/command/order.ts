import { PriorityClass, type TaskView } from "@berth/protocol";
import { Argument, type Command } from "commander";
import { exit } from "../exit-code.ts";
import { followToEnd, progressFollower } from "../follow.ts";
import type { Act, Invocation } from "../invocation.ts";
import { momentText } from "../print/time-text.ts";
import { workText } from "../print/work.ts";

interface CancelOptions {
  readonly reason?: string;
  readonly by?: string;
  readonly wait?: boolean;
}

export function addOrders(program: Command, act: Act): void {
  program
    .command("cancel")
    .summary("end a task")
    .description("Ends a task: at once if it has not started, else by asking it to end, with a deadline.")
    .argument("<task>", "its id")
    .option("--reason <text>", "why")
    .option("--by <who>", "who wants it (default: the user of the operating system)")
    .option("--wait", "wait until it has ended")
    .action(act(cancel));
  program
    .command("top")
    .summary("move a waiting task before all others")
    .description("Moves a waiting task before all others.")
    .argument("<task>", "its id")
    .action(act((invocation, id: string) => prioritize(invocation, id, "top")));
  program
    .command("prioritize")
    .summary("move a waiting task to another priority class")
    .description("Moves a waiting task to another priority class.")
    .argument("<task>", "its id")
    .addArgument(new Argument("<class>", "where to").choices(PriorityClass.options))
    .action(act(prioritize));
}

async function cancel(
  invocation: Invocation,
  id: string,
  { reason, by, wait }: CancelOptions,
): Promise<number | undefined> {
  const order = { by: by ?? invocation.user, reason };
  const task = await invocation.client.cancel(id, order);
  if (wait !== true) {
    invocation.answer(task, () => [canceledText(task, invocation.now)]);
    return undefined;
  }
  const followed = await followToEnd(invocation, id, progressFollower(invocation));
  if (followed === undefined) return exit.interrupted.code;
  if (invocation.json) invocation.printJson(followed.task);
  // It ended by itself before it could be canceled: what was wanted is not what happened.
  return followed.task.state === "canceled" ? exit.ok.code : exit.conflict.code;
}

function canceledText(task: TaskView, now: number): string {
  if (task.state !== "cancelling") return `${task.id} is ${task.state}: ${workText(task)}`;
  const deadline = task.legs.find(({ cancel }) => cancel !== null)?.cancel?.deadlineAt ?? null;
  const until = deadline === null ? "" : `, until ${momentText(deadline, now)} at the latest`;
  return `${task.id} is asked to end${until}: ${workText(task)}`;
}

async function prioritize(invocation: Invocation, id: string, priority: PriorityClass): Promise<undefined> {
  const task = await invocation.client.prioritize(id, priority);
  invocation.answer(task, () => [
    priority === "top"
      ? `${task.id} is before all others now: ${workText(task)}`
      : `${task.id} has priority ${priority} now: ${workText(task)}`,
  ]);
}
