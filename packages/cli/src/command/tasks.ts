import type { TaskFilter } from "@berth/client";
import { TaskKind, TaskState } from "@berth/protocol";
import type { Command } from "commander";
import type { Act, Invocation } from "../invocation.ts";
import { addListing, type ListingOptions, listed, moreNote } from "../listing.ts";
import { collectedLists, oneOf } from "../parse/value.ts";
import { taskColumns, taskLines } from "../print/task.ts";

interface TasksOptions extends ListingOptions {
  readonly state?: readonly TaskState[];
  readonly kind?: readonly TaskKind[];
  readonly target?: string;
  readonly name?: string;
  readonly parent?: string;
  readonly schedule?: string;
  readonly oldest?: boolean;
}

export function addTasks(program: Command, act: Act): void {
  const tasks = program
    .command("tasks")
    .summary("list tasks")
    .description("Lists tasks, the newest first.")
    .option("--state <states>", `${TaskState.options.join(", ")}`, collectedLists(oneOf(TaskState.options)))
    .option("--kind <kinds>", TaskKind.options.join(", "), collectedLists(oneOf(TaskKind.options)))
    .option("--target <name>", "on this target")
    .option("--name <name>", "of this name")
    .option("--parent <task>", "children of this task")
    .option("--schedule <name>", "enqueued by this schedule")
    .option("--oldest", "the oldest first");
  addListing(tasks).action(act(listTasks));
  program
    .command("task")
    .summary("show one task")
    .description("Shows one task.")
    .argument("<task>", "its id")
    .action(act(showTask));
}

async function listTasks(
  invocation: Invocation,
  { state, kind, target, name, parent, schedule, oldest, ...listing }: TasksOptions,
): Promise<undefined> {
  const filter: TaskFilter = {
    states: state,
    kinds: kind,
    target,
    name,
    parent,
    schedule,
    sort: oldest === true ? "oldest" : undefined,
  };
  const page = await listed(listing, (part) => invocation.client.tasks({ ...filter, ...part }));
  invocation.list(page, taskColumns(invocation.now), "There are no such tasks.");
  moreNote(invocation, page);
}

async function showTask(invocation: Invocation, id: string): Promise<undefined> {
  const task = await invocation.client.task(id);
  invocation.answer(task, () => taskLines(task, invocation.now, invocation.paint));
}
