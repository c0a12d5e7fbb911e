import { type Command, Option } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseDuration } from "../parse/duration.ts";
import { parseTime } from "../parse/time.ts";
import { heldText, holdColumns } from "../print/hold.ts";
import { momentText } from "../print/time-text.ts";
import { addScopeOptions, type ScopeOptions, scopeOf } from "../scope.ts";

interface PlaceOptions extends ScopeOptions {
  readonly reason: string;
  readonly owner?: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly for?: number;
  readonly longerThan?: number;
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
  addScopeOptions(
    hold
      .command("place")
      .summary("place a hold")
      .description("Places a hold. Without --target, --kind, --name and --tag it covers the whole space.")
      .requiredOption("--reason <text>", "what it is for")
      .option("--owner <who>", "whom one may ask about it (default: the user of the operating system)"),
  )
    .option("--from <time>", "when it begins, e.g. 22:00 or +2h (default: now)", time)
    .option("--until <time>", "when it ends (default: when it is lifted)", time)
    .addOption(
      new Option("--for <duration>", "how long it lasts, e.g. 2h")
        .argParser(parseDuration)
        .conflicts("until"),
    )
    .option("--longer-than <duration>", "stop only what takes longer, e.g. 5m", parseDuration)
    .action(act(placeHold));
}

async function listHolds(invocation: Invocation): Promise<undefined> {
  const items = await invocation.client.holds.list();
  invocation.list({ items, next: null }, holdColumns(invocation.now), "There are no holds.");
}

async function placeHold(invocation: Invocation, options: PlaceOptions): Promise<undefined> {
  const { reason, owner = invocation.user, from, for: lastsMs, longerThan } = options;
  const until =
    lastsMs === undefined ? options.until : new Date((from?.getTime() ?? invocation.now) + lastsMs);
  const hold = await invocation.client.holds.place({
    scope: scopeOf(options),
    owner,
    reason,
    from,
    until,
    longerThanMs: longerThan,
  });
  invocation.answer(hold, () => {
    const start = hold.active ? "" : ` from ${momentText(hold.from, invocation.now)}`;
    const end = hold.until === null ? "it is lifted" : momentText(hold.until, invocation.now);
    return [
      `Placed ${hold.id}: it holds ${heldText(hold)}${start} until ${end}.`,
      `Is it safe yet: berth safe ${hold.id}`,
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
