import { TaskKind } from "@berth/protocol";
import { type Command, Option } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseDuration } from "../parse/duration.ts";
import { parseTime } from "../parse/time.ts";
import { collected, listOf, oneOf } from "../parse/value.ts";
import { holdColumns, scopeText } from "../print/hold.ts";
import { momentText } from "../print/time-text.ts";

interface PlaceOptions {
  readonly reason: string;
  readonly owner?: string;
  readonly target?: string[];
  readonly kind?: TaskKind[];
  readonly name?: string[];
  readonly tag?: string[];
  readonly from?: Date;
  readonly until?: Date;
  readonly for?: number;
}

export function addHolds(program: Command, act: Act, dependencies: Dependencies): void {
  const hold = program
    .command("hold")
    .summary("orders that nothing may start")
    .description("Holds: orders that nothing in their scope may start. What runs goes on.");
  addDefaultList(hold, "Lists holds that have not ended, also those that begin later.").action(
    act(listHolds),
  );
  addPlace(hold, act, dependencies);
  hold
    .command("lift")
    .summary("end a hold")
    .description("Ends a hold. Others that cover the same tasks stay.")
    .argument("<hold>", "its id")
    .option("--by <who>", "who wants it (default: the user of the operating system)")
    .action(act(liftHold));
}

function addPlace(hold: Command, act: Act, { clock }: Dependencies): void {
  const time = (text: string): Date => parseTime(text, clock.now(), "next");
  hold
    .command("place")
    .summary("place a hold")
    .description("Places a hold. Without --target, --kind, --name and --tag it covers the whole space.")
    .requiredOption("--reason <text>", "what it is for")
    .option("--owner <who>", "whom one may ask about it (default: the user of the operating system)")
    .option("--target <name>", "only on this target (repeatable)", collected(String))
    .option(
      "--kind <kind>",
      `only ${listOf(TaskKind.options)} (repeatable)`,
      collected(oneOf(TaskKind.options)),
    )
    .option("--name <name>", "only tasks of this name (repeatable)", collected(String))
    .option("--tag <name>", "only on targets with this tag (repeatable)", collected(String))
    .option("--from <time>", "when it begins, e.g. 22:00 or +2h (default: now)", time)
    .option("--until <time>", "when it ends (default: when it is lifted)", time)
    .addOption(
      new Option("--for <duration>", "how long it lasts, e.g. 2h")
        .argParser(parseDuration)
        .conflicts("until"),
    )
    .action(act(placeHold));
}

async function listHolds(invocation: Invocation): Promise<undefined> {
  const items = await invocation.client.holds.list();
  invocation.list({ items, next: null }, holdColumns(invocation.now), "There are no holds.");
}

async function placeHold(invocation: Invocation, options: PlaceOptions): Promise<undefined> {
  const { reason, owner = invocation.user, target, kind, name, tag, from, for: lastsMs } = options;
  const until =
    lastsMs === undefined ? options.until : new Date((from?.getTime() ?? invocation.now) + lastsMs);
  const hold = await invocation.client.holds.place({
    scope: { kinds: kind ?? [], names: name ?? [], targets: target ?? [], tags: tag ?? [] },
    owner,
    reason,
    from,
    until,
  });
  invocation.answer(hold, () => {
    const start = hold.active ? "" : ` from ${momentText(hold.from, invocation.now)}`;
    const end = hold.until === null ? "it is lifted" : momentText(hold.until, invocation.now);
    return [
      `Placed ${hold.id}: it holds ${scopeText(hold.scope)}${start} until ${end}.`,
      `Lift it with: berth hold lift ${hold.id}`,
    ];
  });
}

async function liftHold(
  invocation: Invocation,
  hold: string,
  { by = invocation.user }: { readonly by?: string },
): Promise<undefined> {
  await invocation.client.holds.lift(hold, { by });
  invocation.answer({ hold, lifted: true }, () => [`Lifted ${hold}.`]);
}
