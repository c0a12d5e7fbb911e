import { BerthError, HoldRequest, HoldView, LiftRequest, type PageView } from "@berth/protocol";
import { newHoldId, newItemId } from "@berth/protocol/identity";
import { ask } from "../command.ts";
import { type Operation, operation } from "../operation.ts";
import { pageOf } from "../page.ts";
import type { ApiSetup } from "../setup.ts";
import { holdView } from "../view.ts";
import { someone } from "./task-commands.ts";

export function holdOperations(setup: ApiSetup): Operation[] {
  return [listHolds(setup), placeHold(setup), liftHold(setup)];
}

function listHolds({ store, clock }: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/holds",
    summary:
      "Holds that have not ended, in the order in which they were placed; also those that begin later.",
    answer: pageOf(HoldView),
    handle: async ({ space }): Promise<PageView<HoldView>> => {
      const now = clock();
      const holds = await store.holds(space);
      return { items: holds.map((hold) => holdView(hold, now)), next: null };
    },
  });
}

function placeHold(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/holds",
    summary: "Orders that nothing in the scope may start. What runs goes on.",
    body: HoldRequest,
    answer: HoldView,
    status: 201,
    handle: async ({ space, body }): Promise<HoldView> => {
      const { scope, owner, reason, from, until, longerThanMs = null } = body;
      const hold = newHoldId();
      const times = { from: msOrNull(from), until: msOrNull(until), longerThanMs };
      await ask(
        setup,
        space,
        { type: "hold.place", id: newItemId(), hold, scope, owner, reason, ...times },
        "done",
      );
      const placed = (await setup.store.holds(space)).find(({ id }) => id === hold);
      if (placed === undefined)
        throw new BerthError("hold_unknown", `hold ${hold} was placed and has ended already`);
      return holdView(placed, setup.clock());
    },
  });
}

function liftHold(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/holds/:hold/lift",
    summary: "Ends a hold. Others that cover the same tasks stay.",
    body: LiftRequest,
    handle: async ({ space, params: { hold = "" }, body: { by = someone } }): Promise<void> => {
      // What is no id cannot be that of a hold, and would be refused as a message that cannot be read.
      const holds = await setup.store.holds(space);
      if (!holds.some(({ id }) => id === hold)) {
        throw new BerthError(
          "hold_unknown",
          `there is no hold ${hold}; it may have been lifted or have ended`,
        );
      }
      await ask(setup, space, { type: "hold.lift", id: newItemId(), hold, by }, "done");
    },
  });
}

/** The times before 1970 that a message cannot bring are past as well. */
function msOrNull(time: string | undefined): number | null {
  return time === undefined ? null : Math.max(0, Date.parse(time));
}
