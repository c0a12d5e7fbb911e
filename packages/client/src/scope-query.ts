import type { HoldScope } from "@berth/protocol";
import type { Query } from "./transport.ts";

/** In a scope an empty list means all, which a query says by leaving it out. */
export function scopeQuery({ kinds, names, targets, tags }: Partial<HoldScope>): Query {
  return { kinds: some(kinds), names: some(names), targets: some(targets), tags: some(tags) };
}

function some(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
