import type { Command } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { addListing, type ListingOptions, listed, moreNote } from "../listing.ts";
import { parseTime } from "../parse/time.ts";
import { oopsColumns, oopsLines } from "../print/oops.ts";

interface OopsOptions extends ListingOptions {
  readonly task?: string;
  readonly target?: string;
  readonly fingerprint?: string;
  readonly from?: Date;
  readonly before?: Date;
}

export function addOops(program: Command, act: Act, { clock }: Dependencies): void {
  const time = (text: string): Date => parseTime(text, clock.now(), "last");
  const oops = program
    .command("oops")
    .summary("records of failures to process a task")
    .description("OOPS: records of failures of the system, not of scripts, to process a task.");
  addListing(
    addDefaultList(oops, "Lists OOPS, the newest first.")
      .option("--task <id>", "of this task")
      .option("--target <name>", "on this target")
      .option("--fingerprint <text>", "of this one problem")
      .option("--from <time>", "at or after, e.g. -2h or 22:00", time)
      .option("--before <time>", "before", time),
  ).action(act(listOops));
  oops
    .command("show")
    .summary("show one")
    .description("Shows one OOPS.")
    .argument("<oops>", "its id")
    .action(act(showOops));
}

async function listOops(
  invocation: Invocation,
  { task, target, fingerprint, from, before, ...listing }: OopsOptions,
): Promise<undefined> {
  const { oops } = invocation.client;
  const page = await listed(listing, (part) =>
    oops.page({ task, target, fingerprint, from, before, ...part }),
  );
  invocation.list(page, oopsColumns(invocation.now), "There are no OOPS.");
  moreNote(invocation, page);
}

async function showOops(invocation: Invocation, id: string): Promise<undefined> {
  const oops = await invocation.client.oops.get(id);
  invocation.answer(oops, () => oopsLines(oops, invocation.now, invocation.paint));
}
