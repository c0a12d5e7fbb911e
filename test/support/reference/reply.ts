// Answers. The words of a refusal are for people, so only its code counts.
import type { RefusalCode, Reply } from "@berth/engine";

export interface Refusal {
  readonly type: "refused";
  readonly code: RefusalCode;
}

export type Answer = Exclude<Reply, { readonly type: "refused" }> | Refusal;

export const done: Answer = { type: "done" };

export function refused(code: RefusalCode): Refusal {
  return { type: "refused", code };
}
