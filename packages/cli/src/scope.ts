import { type HoldScope, TaskKind } from "@berth/protocol";
import type { Command } from "commander";
import { collected, listOf, oneOf } from "./parse/value.ts";

/** What a scope is narrowed down by. */
export interface ScopeOptions {
  readonly target?: readonly string[];
  readonly kind?: readonly TaskKind[];
  readonly name?: readonly string[];
  readonly tag?: readonly string[];
}

export function addScopeOptions(command: Command): Command {
  return command
    .option("--target <name>", "only on this target (repeatable)", collected(String))
    .option(
      "--kind <kind>",
      `only ${listOf(TaskKind.options)} (repeatable)`,
      collected(oneOf(TaskKind.options)),
    )
    .option("--name <name>", "only tasks of this name (repeatable)", collected(String))
    .option("--tag <name>", "only on targets with this tag (repeatable)", collected(String));
}

/** Without any option it is the whole space. */
export function scopeOf({ kind = [], name = [], target = [], tag = [] }: ScopeOptions): HoldScope {
  return { kinds: [...kind], names: [...name], targets: [...target], tags: [...tag] };
}

export function isNarrowed({ kind, name, target, tag }: ScopeOptions): boolean {
  return [kind, name, target, tag].some((option) => option !== undefined);
}
