import { Readable } from "node:stream";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";
import { taskEventText } from "../task-events.ts";
import { storedTask } from "./tasks.ts";

export function eventOperations(setup: ApiSetup, closing: AbortSignal): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/v1/:space/tasks/:task/events",
      summary:
        "Server-sent events named `task`: the present state, then one for each change, until the task has ended.",
      handle: async ({ space, params: { task = "" }, reply }): Promise<Readable> => {
        await storedTask(setup, space, task);
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        reply.code(200).headers({
          "content-type": "text/event-stream; charset=utf-8",
          // The stream may end while the server closes, which would then wait for an idle connection.
          connection: "close",
          // Proxies such as nginx would gather events until they are worth sending.
          "x-accel-buffering": "no",
        });
        const ended = AbortSignal.any([gone.signal, closing]);
        return Readable.from(taskEventText({ setup, space, task, ended }));
      },
    }),
  ];
}
