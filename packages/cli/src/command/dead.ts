import type { DeadLetterSelection } from "@berth/client";
import { type DeadLetterOutcomeView, DecideRequest } from "@berth/protocol";
import type { Command } from "commander";
import { UsageError } from "../error-lines.ts";
import { exitCodeOfErrorCode } from "../exit-code.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { addListing, type ListingOptions, listed, moreNote } from "../listing.ts";
import { listOf, oneOf } from "../parse/value.ts";
import { deadLetterColumns } from "../print/oops.ts";
import { workText } from "../print/work.ts";

interface FilterOptions {
  readonly name?: string;
  readonly target?: string;
}

interface SelectionOptions extends FilterOptions {
  readonly all?: boolean;
  readonly by?: string;
}

interface DecideOptions {
  readonly result: (typeof results)[number];
  readonly reason: string;
  readonly by?: string;
}

const results = DecideRequest.shape.result.options;

export function addDeadLetters(program: Command, act: Act): void {
  const dead = program
    .command("dead")
    .summary("dead letters: tasks that wait for a decision")
    .description(
      "Dead letters: tasks that are parked, and wait for a decision or for another version of their tentacle.",
    );
  addListing(addFilter(addDefaultList(dead, "Lists dead letters, the newest first.")))
    .option("--fingerprints", "with what makes two failures the same problem")
    .action(act(listDeadLetters));
  addSelection(
    dead
      .command("release")
      .summary("send tasks back to their places in the line")
      .description("Sends parked tasks back to the places in the line that they had."),
  ).action(act(release));
  addSelection(
    dead
      .command("discard")
      .summary("end parked tasks for good")
      .description("Ends parked tasks for good.")
      .option("--reason <text>", "why"),
  ).action(act(discard));
  dead
    .command("decide")
    .summary("say how a parked task ended")
    .description(
      "Ends a parked task as you have found out that it ended. Look at its log and at the machine first.",
    )
    .argument("<task>", "its id")
    .requiredOption("--result <result>", listOf(results), oneOf(results))
    .requiredOption("--reason <text>", "what that rests on")
    .option("--by <who>", "who says so (default: the user of the operating system)")
    .action(act(decide));
}

function addFilter(command: Command): Command {
  return command.option("--name <name>", "of this name").option("--target <name>", "on this target");
}

function addSelection(command: Command): Command {
  return addFilter(
    command
      .argument("[tasks...]", "their ids")
      .option("--all", "all that are parked, or all of a --name or on a --target"),
  ).option("--by <who>", "who wants it (default: the user of the operating system)");
}

async function listDeadLetters(
  invocation: Invocation,
  {
    name,
    target,
    fingerprints,
    ...listing
  }: FilterOptions & ListingOptions & { readonly fingerprints?: boolean },
): Promise<undefined> {
  const { deadLetters } = invocation.client;
  const page = await listed(listing, (part) => deadLetters.page({ name, target, ...part }));
  const columns = deadLetterColumns(invocation.now, fingerprints === true);
  invocation.list(page, columns, "There are no dead letters.");
  moreNote(invocation, page);
}

async function release(
  invocation: Invocation,
  tasks: readonly string[],
  options: SelectionOptions,
): Promise<number> {
  const order = { by: options.by ?? invocation.user };
  const outcome = await invocation.client.deadLetters.release(selectionOf(tasks, options), order);
  return tell(invocation, outcome, "is back in line");
}

async function discard(
  invocation: Invocation,
  tasks: readonly string[],
  { reason, ...options }: SelectionOptions & { readonly reason?: string },
): Promise<number> {
  const order = { by: options.by ?? invocation.user, reason };
  const outcome = await invocation.client.deadLetters.discard(selectionOf(tasks, options), order);
  return tell(invocation, outcome, "is discarded");
}

async function decide(
  invocation: Invocation,
  id: string,
  { result, reason, by = invocation.user }: DecideOptions,
): Promise<undefined> {
  const task = await invocation.client.decide(id, { result, reason, by });
  invocation.answer(task, () => [`${id} is ${task.state}: ${workText(task)}`]);
}

function selectionOf(tasks: readonly string[], { all, name, target }: SelectionOptions): DeadLetterSelection {
  if (all === true && tasks.length === 0) return { all, name, target };
  if (all !== true && tasks.length > 0 && name === undefined && target === undefined) return { tasks };
  throw new UsageError(
    "Which dead letters? Give either their ids, or --all, which --name and --target can narrow down.",
  );
}

/** One line for each; the exit code is that of the first that was refused. */
function tell(invocation: Invocation, tasks: DeadLetterOutcomeView["tasks"], done: string): number {
  if (invocation.json) invocation.printJson({ items: tasks, next: null });
  else if (tasks.length === 0) invocation.print("There are no dead letters.");
  for (const { task, error } of tasks) {
    if (error !== null) invocation.note(`berth: ${task}: ${error.message}`);
    else if (!invocation.json) invocation.print(`${task} ${done}.`);
  }
  const refused = tasks.find(({ error }) => error !== null);
  return refused?.error ? exitCodeOfErrorCode(refused.error.code) : 0;
}
