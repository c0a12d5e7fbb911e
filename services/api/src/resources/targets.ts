import type { QuarantineRecord, SessionRecord } from "@berth/engine";
import {
  BerthError,
  type PageView,
  QuarantineReleaseRequest,
  TargetRequest,
  TargetView,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { ask } from "../command.ts";
import { suggestion } from "../nearest.ts";
import { type Operation, operation } from "../operation.ts";
import { pageOf } from "../page.ts";
import { readName } from "../request-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { targetView } from "../view.ts";
import { someone } from "./task-commands.ts";

export function targetOperations(setup: ApiSetup): Operation[] {
  return [
    listTargets(setup),
    oneTarget(setup),
    putTarget(setup),
    removeTarget(setup),
    releaseQuarantine(setup),
  ];
}

function listTargets(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/targets",
    summary: "All targets by name, with the sessions that serve them and their quarantined slots.",
    answer: pageOf(TargetView),
    handle: async ({ space }): Promise<PageView<TargetView>> => {
      return { items: await targetViews(setup, space), next: null };
    },
  });
}

function oneTarget(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/targets/:target",
    summary: "One target.",
    answer: TargetView,
    handle: ({ space, params: { target = "" } }) => viewOf(setup, space, target),
  });
}

function putTarget(setup: ApiSetup): Operation {
  return operation({
    method: "PUT",
    path: "/v1/:space/targets/:target",
    summary: "Makes the target, or replaces its whole policy, its tags and its users.",
    body: TargetRequest,
    answer: TargetView,
    handle: async ({ space, params: { target = "" }, body }): Promise<TargetView> => {
      readName(target, "target");
      await ask(setup, space, { type: "target.put", id: newItemId(), target, ...body }, "done");
      return viewOf(setup, space, target);
    },
  });
}

function removeTarget(setup: ApiSetup): Operation {
  return operation({
    method: "DELETE",
    path: "/v1/:space/targets/:target",
    summary: "Removes a target that has no tasks that have not ended.",
    handle: async ({ space, params: { target = "" } }): Promise<void> => {
      await viewOf(setup, space, target);
      await ask(setup, space, { type: "target.remove", id: newItemId(), target }, "done");
    },
  });
}

function releaseQuarantine(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/targets/:target/quarantines/:mutex/release",
    summary: "Opens a slot that is kept shut because what last held it may still be running.",
    body: QuarantineReleaseRequest,
    handle: async ({ space, params: { target = "", mutex = "" }, body }): Promise<void> => {
      const { quarantines } = await viewOf(setup, space, target);
      if (!quarantines.some((quarantine) => quarantine.mutex === mutex)) {
        throw new BerthError("quarantine_unknown", `slot ${mutex} of target ${target} is not quarantined`);
      }
      const by = body.note === "" ? (body.by ?? someone) : `${body.by ?? someone} (${body.note})`;
      await ask(
        setup,
        space,
        { type: "quarantine.release", id: newItemId(), target, mutex, by: cut(by) },
        "done",
      );
    },
  });
}

/** A note may be longer than what is kept of who did it. */
function cut(by: string): string {
  return by.length <= 200 ? by : `${by.slice(0, 199)}…`;
}

/** Rejects with `target_unknown`. */
async function viewOf(setup: ApiSetup, space: string, name: string): Promise<TargetView> {
  const views = await targetViews(setup, space);
  const view = views.find((target) => target.name === name);
  if (view !== undefined) return view;
  const meant = suggestion(
    name,
    views.map((target) => target.name),
  );
  throw new BerthError("target_unknown", `there is no target "${name}"${meant}`);
}

async function targetViews({ store }: ApiSetup, space: string): Promise<TargetView[]> {
  const [targets, sessions, quarantines] = await Promise.all([
    store.targets(space),
    store.sessions(space),
    store.quarantines(space),
  ]);
  const sessionsOf = new Map<string, SessionRecord[]>();
  for (const session of sessions) {
    for (const target of session.targets)
      sessionsOf.set(target, [...(sessionsOf.get(target) ?? []), session]);
  }
  const quarantinesOf: Map<string, QuarantineRecord[]> = Map.groupBy(quarantines, ({ target }) => target);
  return targets.map((target) =>
    targetView(target, sessionsOf.get(target.id) ?? [], quarantinesOf.get(target.id) ?? []),
  );
}
