import { z } from "zod";
import { Name, ShortText, TaskKind } from "./words.ts";

/** An empty list means all; a leg is covered when every list covers it. */
export const HoldScope = z.strictObject({
  kinds: z.array(TaskKind).max(4).default([]),
  names: z.array(z.string().min(1).max(200)).max(1000).default([]),
  targets: z.array(Name).max(10_000).default([]),
  tags: z.array(Name).max(100).default([]),
});
export type HoldScope = z.infer<typeof HoldScope>;

/** The body of `POST /v1/{space}/holds`. */
export const HoldRequest = z.strictObject({
  scope: HoldScope.default({ kinds: [], names: [], targets: [], tags: [] }),
  owner: z.string().min(1, "a hold needs an owner: whom may one ask about it?").max(200),
  reason: z.string().min(1, "a hold needs a reason: what is one to do about it?").max(2000),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});
export type HoldRequest = z.infer<typeof HoldRequest>;

export const LiftRequest = z.strictObject({ by: z.string().max(200).optional() });
export const QuarantineReleaseRequest = z.strictObject({
  by: z.string().max(200).optional(),
  note: ShortText.default(""),
});
