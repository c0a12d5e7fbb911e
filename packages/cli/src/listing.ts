import type { PageView } from "@berth/protocol";
import type { Command } from "commander";
import type { Invocation } from "./invocation.ts";
import { parseWholeNumber } from "./parse/value.ts";

/** What every list that has pages can be asked for. */
export interface ListingOptions {
  readonly limit?: number;
  readonly all?: boolean;
  readonly cursor?: string;
}

const limitDefault = 50;
/** What the API gives at once. */
const pageMax = 1000;

export function addListing(command: Command): Command {
  return command
    .option("--limit <number>", `at most so many (default: ${limitDefault})`, parseWholeNumber)
    .option("--all", "all of them")
    .option("--cursor <cursor>", "go on after a list before: its `next` with --json");
}

/** As many as wanted, from as many pages as that takes. */
export async function listed<Item>(
  { limit = limitDefault, all, cursor }: ListingOptions,
  page: (part: { readonly limit: number; readonly cursor?: string }) => Promise<PageView<Item>>,
): Promise<PageView<Item>> {
  const wanted = all === true ? Number.POSITIVE_INFINITY : limit;
  const items: Item[] = [];
  let next = cursor ?? null;
  do {
    const part = { limit: Math.min(pageMax, wanted - items.length) };
    const answer = await page(next === null ? part : { ...part, cursor: next });
    items.push(...answer.items);
    next = answer.next;
  } while (next !== null && items.length < wanted);
  return { items, next };
}

/** To stderr, so that a table that is counted or cut by other programs has nothing but its rows. */
export function moreNote(invocation: Invocation, { items, next }: PageView<unknown>): void {
  if (next === null || invocation.json) return;
  invocation.note(`The first ${items.length} of more; --limit N shows more of them, --all shows all.`);
}
