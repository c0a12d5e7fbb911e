import { z } from "zod";
import { DurationMs, Name, ShortText, TaskKind } from "./words.ts";

/** An empty list means all; a leg is covered when every list covers it. */
export const HoldScope = z.strictObject({
  kinds: z.array(TaskKind).max(4),
  names: z.array(z.string().min(1).max(200)).max(1000),
  targets: z.array(Name).max(10_000),
  tags: z.array(Name).max(100),
});
export type HoldScope = z.infer<typeof HoldScope>;

const { kinds, names, targets, tags } = HoldScope.shape;

/** A scope as people write it: a list that is left out is empty. */
const HoldScopeRequest = z.strictObject({
  kinds: kinds.default([]),
  names: names.default([]),
  targets: targets.default([]),
  tags: tags.default([]),
});

/** The body of `POST /v1/{space}/holds`. */
export const HoldRequest = z.strictObject({
  scope: HoldScopeRequest.default({ kinds: [], names: [], targets: [], tags: [] }),
  owner: z.string().min(1, "a hold needs an owner: whom may one ask about it?").max(200),
  reason: z.string().min(1, "a hold needs a reason: what is one to do about it?").max(2000),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  /** It stops only what takes longer than this. Left out: everything. */
  longerThanMs: DurationMs.optional(),
});
export type HoldRequest = z.infer<typeof HoldRequest>;

export const LiftRequest = z.strictObject({ by: z.string().max(200).optional() });
export const QuarantineReleaseRequest = z.strictObject({
  by: z.string().max(200).optional(),
  note: ShortText.default(""),
});
