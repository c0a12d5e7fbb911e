import { z } from "zod";
import { Mode, Name } from "./words.ts";

const perKind = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({
    deploy: value.optional(),
    runbook: value.optional(),
    "health-check": value.optional(),
    job: value.optional(),
  });

/** What the owner of a target may set; what is left out follows the defaults of the kind. */
export const TargetPolicy = z.strictObject({
  modes: perKind(Mode).optional(),
  attempts: perKind(z.int().min(1).max(1000)).optional(),
  lanes: perKind(z.int().min(1).max(1000)).optional(),
  onUnknownResult: perKind(z.enum(["park", "retry"])).optional(),
  allowLessIsolation: z.boolean().optional(),
});
export type TargetPolicy = z.infer<typeof TargetPolicy>;

/** The name of a user of the message broker. */
export const BrokerUserName = z.string().min(1).max(255);

/** Users of the broker that may speak for a target. Empty: the one that a tentacle of the target's name has by default. */
export const TargetUsers = z.array(BrokerUserName).max(100);

/** The body of `PUT /v1/{space}/targets/{target}`. */
export const TargetRequest = z.strictObject({
  policy: TargetPolicy.default({}),
  tags: z.array(Name).max(100).default([]),
  users: TargetUsers.default([]),
});
export type TargetRequest = z.infer<typeof TargetRequest>;
