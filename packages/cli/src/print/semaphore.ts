import type { SemaphoreView } from "@berth/protocol";
import type { Column } from "./table.ts";

export function semaphoreColumns(): readonly Column<SemaphoreView>[] {
  return [
    { title: "NAME", text: ({ name }) => name, style: () => "strong" },
    {
      title: "HELD",
      text: ({ held }) => String(held),
      style: ({ held, limit }) => (limit !== null && held >= limit ? "waiting" : undefined),
    },
    { title: "LIMIT", text: ({ limit }) => limitText(limit) },
    { title: "SET", text: ({ isSet }) => (isSet ? "yes" : "default") },
  ];
}

export function limitText(limit: number | null): string {
  return limit === null ? "none" : String(limit);
}
