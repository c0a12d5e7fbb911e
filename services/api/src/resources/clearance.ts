import { BerthError, ClearanceView, type HoldScope, Name, TaskKind } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { z } from "zod";
import { ask } from "../command.ts";
import { type Operation, operation } from "../operation.ts";
import { listOf } from "../query-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { clearanceView, holdView } from "../view.ts";

/** In a scope an empty list means all, and in a query it means none: so there is no empty one here. */
function someOf<Item extends z.ZodType<unknown, string>>(item: Item, itemsMax: number) {
  return listOf(item, itemsMax).refine((items) => items.length > 0, "at least one; leave it out for all");
}

const ClearanceQuery = z.strictObject({
  kinds: someOf(TaskKind, 4).optional(),
  names: someOf(z.string().min(1).max(200), 1000).optional(),
  targets: someOf(Name, 1000).optional(),
  tags: someOf(Name, 100).optional(),
});

export function clearanceOperations(setup: ApiSetup): Operation[] {
  return [clearanceOfScope(setup), clearanceOfHold(setup)];
}

function clearanceOfScope(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/clearance",
    summary: "Whether it is safe yet: who still runs in a scope, and until when.",
    query: ClearanceQuery,
    answer: ClearanceView,
    handle: ({ space, query: { kinds = [], names = [], targets = [], tags = [] } }) =>
      clearanceOf(setup, space, { kinds, names, targets, tags }),
  });
}

function clearanceOfHold(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/holds/:hold/clearance",
    summary: "The same for the scope of a hold. Until the hold is active, more may start there.",
    answer: ClearanceView,
    handle: async ({ space, params: { hold: id = "" } }): Promise<ClearanceView> => {
      const hold = (await setup.store.holds(space)).find((each) => each.id === id);
      if (hold === undefined) {
        throw new BerthError("hold_unknown", `there is no hold ${id}; it may have been lifted or have ended`);
      }
      const { kinds, names, targets, tags } = hold.scope;
      const scope = { kinds: [...kinds], names: [...names], targets: [...targets], tags: [...tags] };
      const clearance = await clearanceOf(setup, space, scope);
      return { ...clearance, hold: holdView(hold, setup.clock()) };
    },
  });
}

async function clearanceOf(setup: ApiSetup, space: string, scope: HoldScope): Promise<ClearanceView> {
  const item = { type: "clearance" as const, id: newItemId(), scope };
  return clearanceView((await ask(setup, space, item, "clearance")).clearance);
}
