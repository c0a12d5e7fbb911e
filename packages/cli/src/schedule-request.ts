import type { ScheduleRequestInput, ScheduleView } from "@berth/protocol";
import type { Dependencies } from "./dependencies.ts";
import { UsageError } from "./error-lines.ts";
import { jsonOfFile } from "./input-file.ts";

/** What a schedule says, without what becomes of it: so that it can be put again. */
export function requestOfView(view: ScheduleView): ScheduleRequestInput {
  const { name: _name, nextAt: _nextAt, lastTask: _lastTask, ...request } = view;
  return request;
}

/**
 * A schedule as the API takes it, or as `berth schedule show --json` prints it. What is wrong inside of it the server tells, with its
 * place.
 */
export async function requestOfFile(
  file: string,
  stdin: Dependencies["stdin"],
): Promise<ScheduleRequestInput> {
  const schedule = await jsonOfFile(file, "schedule", stdin);
  if (typeof schedule !== "object" || schedule === null || Array.isArray(schedule)) {
    throw new UsageError("The schedule file is wrong: it holds no schedule; expected an object.", {
      remedy: "What one is like: berth schedule show NAME --json",
    });
  }
  return requestOfView(schedule as ScheduleView);
}
