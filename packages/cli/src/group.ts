import type { Command } from "commander";
import { UsageError } from "./error-lines.ts";
import { listOf } from "./parse/value.ts";

/** The command `list` of a group such as `hold`, which alone means `hold list`. */
export function addDefaultList(group: Command, description: string): Command {
  return (
    group
      .command("list", { isDefault: true })
      .summary("list them (default)")
      .description(description)
      // A misspelt command ends up here as an argument.
      .allowExcessArguments()
      .hook("preAction", (_, { args }) => refuse(group, args))
  );
}

function refuse(group: Command, [word]: readonly string[]): void {
  if (word === undefined) return;
  const known = listOf(group.commands.map((each) => each.name()));
  throw new UsageError(`unknown command '${word}'; expected ${known}`, {
    remedy: `How it is used: berth ${group.name()} --help`,
  });
}
