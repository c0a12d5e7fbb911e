import { BerthError, OopsView, type PageView } from "@berth/protocol";
import type { OopsQuery } from "@berth/store";
import { z } from "zod";
import { type Operation, operation } from "../operation.ts";
import { pageOf, withoutUndefined } from "../page.ts";
import { Cursor, pageLimit, requireOrder, Time } from "../query-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { oopsView } from "../view.ts";

const OopsListQuery = z.strictObject({
  task: z.string().optional(),
  target: z.string().optional(),
  fingerprint: z.string().optional(),
  from: Time.optional(),
  before: Time.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit,
});

export function oopsOperations({ store }: ApiSetup): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/v1/:space/oops",
      summary: "Failures to process a task, the newest first.",
      query: OopsListQuery,
      answer: pageOf(OopsView),
      handle: async ({ space, query }): Promise<PageView<OopsView>> => {
        requireOrder(query, "from", "before");
        const wanted: OopsQuery = withoutUndefined({ ...query, cursor: query.cursor ?? null });
        const { items, next } = await store.oops(space, wanted);
        return { items: items.map(oopsView), next };
      },
    }),
    operation({
      method: "GET",
      path: "/v1/:space/oops/:oops",
      summary: "One OOPS.",
      answer: OopsView,
      handle: async ({ space, params: { oops: id = "" } }): Promise<OopsView> => {
        const [oops] = (await store.oops(space, { id, cursor: null, limit: 1 })).items;
        if (oops === undefined) {
          throw new BerthError("oops_unknown", `there is no OOPS ${id}; it may have been deleted with age`);
        }
        return oopsView(oops);
      },
    }),
  ];
}
