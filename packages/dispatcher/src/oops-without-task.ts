import type { OopsRecord } from "@berth/engine";

/** The fields of an OOPS that no task made. */
export const oopsWithoutTask: Omit<OopsRecord, "id" | "type" | "value" | "text" | "at"> = {
  task: null,
  leg: null,
  attempt: null,
  token: null,
  kind: null,
  name: null,
  target: null,
  session: null,
  tentacle: null,
  fingerprint: null,
  version: null,
  grantedAt: null,
  startedAt: null,
  consequence: null,
};
