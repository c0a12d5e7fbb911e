import type { ScheduleRecord } from "@berth/engine";
import { BerthError, type PageView, ScheduleRequest, ScheduleView } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { ask } from "../command.ts";
import { suggestion } from "../nearest.ts";
import { type Operation, operation } from "../operation.ts";
import { pageOf } from "../page.ts";
import { readName } from "../request-fields.ts";
import { scheduleSpecOf, scheduleView } from "../schedule.ts";
import type { ApiSetup } from "../setup.ts";

export function scheduleOperations(setup: ApiSetup): Operation[] {
  return [listSchedules(setup), oneSchedule(setup), putSchedule(setup), removeSchedule(setup)];
}

function listSchedules({ store }: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/schedules",
    summary: "All schedules by name, with the time at which each enqueues next.",
    answer: pageOf(ScheduleView),
    handle: async ({ space }): Promise<PageView<ScheduleView>> => {
      return { items: (await store.schedules(space)).map(scheduleView), next: null };
    },
  });
}

function oneSchedule(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/schedules/:schedule",
    summary: "One schedule, in the words of its request.",
    answer: ScheduleView,
    handle: async ({ space, params: { schedule = "" } }): Promise<ScheduleView> =>
      scheduleView(await storedSchedule(setup, space, schedule)),
  });
}

function putSchedule(setup: ApiSetup): Operation {
  return operation({
    method: "PUT",
    path: "/v1/:space/schedules/:schedule",
    summary: "Makes the schedule, or replaces all that it says. What it has enqueued goes on.",
    body: ScheduleRequest,
    answer: ScheduleView,
    handle: async ({ space, params, body }): Promise<ScheduleView> => {
      const schedule = readName(params.schedule, "schedule");
      const existing = (await setup.store.schedules(space)).find(({ id }) => id === schedule) ?? null;
      const spec = scheduleSpecOf(body, existing, setup.clock());
      await ask(setup, space, { type: "schedule.put", id: newItemId(), schedule, spec }, "done");
      return scheduleView(await storedSchedule(setup, space, schedule));
    },
  });
}

function removeSchedule(setup: ApiSetup): Operation {
  return operation({
    method: "DELETE",
    path: "/v1/:space/schedules/:schedule",
    summary: "Removes the schedule. What it has enqueued goes on.",
    handle: async ({ space, params: { schedule = "" } }): Promise<void> => {
      // What is no name would be refused as a message that nobody can read, with an OOPS.
      await storedSchedule(setup, space, schedule);
      await ask(setup, space, { type: "schedule.remove", id: newItemId(), schedule }, "done");
    },
  });
}

/** Rejects with `schedule_unknown`. */
async function storedSchedule({ store }: ApiSetup, space: string, name: string): Promise<ScheduleRecord> {
  const schedules = await store.schedules(space);
  const found = schedules.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const meant = suggestion(
    name,
    schedules.map(({ id }) => id),
  );
  throw new BerthError("schedule_unknown", `there is no schedule "${name}"${meant}`);
}
