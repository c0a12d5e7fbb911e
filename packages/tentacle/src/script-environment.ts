import type { Delivery } from "@berth/protocol";

/** Longest entry of an environment that Linux takes: MAX_ARG_STRLEN, with the 0 at its end. */
const entryBytesMax = 128 * 1024 - 1;

/** A shell knows a variable only by such a name. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface ScriptEnvironment {
  readonly entries: NodeJS.ProcessEnv;
  /** Variables that are too long for an environment: they are only in the file. */
  readonly tooLong: readonly string[];
}

/**
 * What a script finds in its environment: that of the tentacle without `BERTH_…`, which may hold secrets of the
 * tentacle; the variables whose names a shell allows; and what it is part of. All variables are in the JSON file.
 */
export function scriptEnvironment(
  delivery: Delivery,
  variablesFile: string,
  base: NodeJS.ProcessEnv,
): ScriptEnvironment {
  const entries: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(base)) {
    if (!name.startsWith("BERTH_")) entries[name] = value;
  }
  const tooLong: string[] = [];
  for (const [name, value] of Object.entries(delivery.payload.variables)) {
    if (!shellName.test(name)) continue;
    if (Buffer.byteLength(value) + name.length + 1 > entryBytesMax) tooLong.push(name);
    else entries[name] = value;
  }
  return { entries: Object.assign(entries, identityOf(delivery, variablesFile)), tooLong };
}

function identityOf(delivery: Delivery, variablesFile: string): Record<string, string> {
  return {
    BERTH_VARIABLES_FILE: variablesFile,
    BERTH_SPACE: delivery.space,
    BERTH_TARGET: delivery.target,
    BERTH_TASK: delivery.task,
    BERTH_LEG: delivery.leg,
    BERTH_ATTEMPT: String(delivery.attempt),
    BERTH_TOKEN: delivery.token,
    BERTH_KIND: delivery.kind,
    BERTH_NAME: delivery.name,
    ...(delivery.step === null ? {} : { BERTH_STEP: String(delivery.step + 1) }),
  };
}
