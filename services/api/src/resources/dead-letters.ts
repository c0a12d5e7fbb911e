import { DeadLetterView, type PageView } from "@berth/protocol";
import type { StoredTask, TaskQuery } from "@berth/store";
import { z } from "zod";
import { type Operation, operation } from "../operation.ts";
import { pageOf, withoutUndefined } from "../page.ts";
import { Cursor, pageLimit } from "../query-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { oopsView, taskView } from "../view.ts";

const DeadLettersQuery = z.strictObject({
  name: z.string().optional(),
  target: z.string().optional(),
  cursor: Cursor.optional(),
  limit: pageLimit,
});

export function deadLetterOperations(setup: ApiSetup): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/v1/:space/dead-letters",
      summary: "Parked tasks, the newest first, each with its latest OOPS.",
      query: DeadLettersQuery,
      answer: pageOf(DeadLetterView),
      handle: async ({ space, query: { cursor = null, ...query } }): Promise<PageView<DeadLetterView>> => {
        const wanted: TaskQuery = withoutUndefined({
          ...query,
          cursor,
          states: ["parked"] as const,
          sort: "newest" as const,
        });
        const { items, next } = await setup.store.tasks(space, wanted);
        return { items: await Promise.all(items.map((task) => deadLetterView(setup, space, task))), next };
      },
    }),
  ];
}

async function deadLetterView(
  { store }: ApiSetup,
  space: string,
  stored: StoredTask,
): Promise<DeadLetterView> {
  const [oops] = (await store.oops(space, { task: stored.task.id, cursor: null, limit: 1 })).items;
  return { ...taskView(space, stored), oops: oops === undefined ? null : oopsView(oops) };
}
