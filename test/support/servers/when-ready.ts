import { eventually } from "../eventually.ts";
import type { ServerProcess } from "./server-process.ts";

/** Generous: several servers may start at once on a machine that has more to do. */
const startMs = 120_000;

/** What `look` finds once the server answers. Rejects at once where its process has ended. */
export async function whenReady<Value>(
  name: string,
  process: ServerProcess,
  look: () => Promise<Value | undefined>,
): Promise<NonNullable<Value>> {
  const found = await eventually(
    `${name} answers`,
    async () => {
      const ending = process.ending();
      if (ending !== undefined) return { ending };
      const value = await look();
      return value === undefined || value === null ? undefined : { value };
    },
    startMs,
  );
  if ("ending" in found) throw new Error(`${name} ended: ${found.ending}`);
  return found.value;
}
