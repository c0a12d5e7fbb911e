import type { HoldScope, HoldView } from "@berth/protocol";
import type { Column } from "./table.ts";
import { durationText, relativeText } from "./time-text.ts";

/** `deploy, target web-1` ; a scope of nothing in particular is everything. */
function scopeText({ kinds, names, targets, tags }: HoldScope): string {
  const parts = [
    kinds.join(" or "),
    listText("name", names),
    listText("target", targets),
    listText("tag", tags),
  ];
  return parts.filter((part) => part !== "").join(", ") || "everything";
}

/** The same of a hold, which may stop only what takes long. */
export function heldText({ scope, longerThanMs }: HoldView): string {
  return scopeText(scope) + (longerThanMs === null ? "" : ` if longer than ${durationText(longerThanMs)}`);
}

function listText(title: string, words: readonly string[]): string {
  return words.length === 0 ? "" : `${title} ${words.join(" or ")}`;
}

export function holdColumns(now: number): readonly Column<HoldView>[] {
  return [
    { title: "ID", text: ({ id }) => id, style: () => "strong" },
    {
      title: "STATE",
      text: ({ active }) => (active ? "active" : "not yet"),
      style: ({ active }) => (active ? "waiting" : "quiet"),
    },
    { title: "HOLDS", text: heldText, mayShrink: true },
    { title: "OWNER", text: ({ owner }) => owner, mayShrink: true },
    { title: "REASON", text: ({ reason }) => reason, mayShrink: true },
    { title: "FROM", text: ({ from }) => relativeText(from, now) },
    { title: "UNTIL", text: ({ until }) => (until === null ? "lifted" : relativeText(until, now)) },
  ];
}
