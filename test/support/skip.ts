// A test that cannot run here says why; the summary at the end of a run lists what was skipped and the reasons.
import type { TestOptions } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    skipReason?: string;
  }
}

/**
 * Options for `describe` or `test`: skips it if there is a reason to, runs it if `reason` is undefined.
 *
 *     describe("the RabbitMQ broker", skipBecause(await rabbitMissing()), () => { … });
 *
 * The reason completes the sentence "skipped, because …". Inside a test, `context.skip(reason)` does the same.
 */
export function skipBecause(reason: string | undefined): TestOptions {
  return reason === undefined ? {} : { skip: true, meta: { skipReason: reason } };
}
