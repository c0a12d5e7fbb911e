import { BerthError, type PageView, SemaphoreRequest, SemaphoreView, TaskKind } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { ask } from "../command.ts";
import { suggestion } from "../nearest.ts";
import { type Operation, operation } from "../operation.ts";
import { pageOf } from "../page.ts";
import { invalid, readName } from "../request-fields.ts";
import type { ApiSetup } from "../setup.ts";
import { semaphoreView } from "../view.ts";

export function semaphoreOperations(setup: ApiSetup): Operation[] {
  return [listSemaphores(setup), putSemaphore(setup), removeSemaphore(setup)];
}

function listSemaphores(setup: ApiSetup): Operation {
  return operation({
    method: "GET",
    path: "/v1/:space/semaphores",
    summary: "Semaphores by name: those of the space, and those that somebody has set or a task names.",
    answer: pageOf(SemaphoreView),
    handle: async ({ space }): Promise<PageView<SemaphoreView>> => {
      return { items: await semaphoreViews(setup, space), next: null };
    },
  });
}

function putSemaphore(setup: ApiSetup): Operation {
  return operation({
    method: "PUT",
    path: "/v1/:space/semaphores/:semaphore",
    summary: "Sets how many tasks may hold a semaphore at once. What runs goes on, also when there are more.",
    body: SemaphoreRequest,
    answer: SemaphoreView,
    handle: async ({ space, params, body: { limit } }): Promise<SemaphoreView> => {
      const semaphore = semaphoreName(params.semaphore);
      await ask(setup, space, { type: "semaphore.put", id: newItemId(), semaphore, limit }, "done");
      const view = (await semaphoreViews(setup, space)).find(({ name }) => name === semaphore);
      if (view === undefined)
        throw new BerthError("internal", `semaphore ${semaphore} was set and is not there`);
      return view;
    },
  });
}

function removeSemaphore(setup: ApiSetup): Operation {
  return operation({
    method: "DELETE",
    path: "/v1/:space/semaphores/:semaphore",
    summary: "Takes back what was set, as if nobody had ever set it.",
    handle: async ({ space, params }): Promise<void> => {
      const semaphore = semaphoreName(params.semaphore);
      await ask(setup, space, { type: "semaphore.put", id: newItemId(), semaphore, limit: null }, "done");
    },
  });
}

async function semaphoreViews(setup: ApiSetup, space: string): Promise<SemaphoreView[]> {
  const { semaphores } = await ask(setup, space, { type: "semaphores", id: newItemId() }, "semaphores");
  return semaphores.map(semaphoreView).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** What stands before the kind in the names of the lanes of a space. */
const lanePrefix = "lane.";

/** A limit for a lane that there is not would bound nothing, and nobody would notice. */
function semaphoreName(given: string | undefined): string {
  const name = readName(given, "semaphore");
  const lanes = TaskKind.options.map((kind) => lanePrefix + kind);
  if (!name.startsWith(lanePrefix) || lanes.includes(name)) return name;
  const message = `is "${name}"; expected one of the lanes ${lanes.join(", ")}${suggestion(name, lanes)}`;
  throw invalid([{ path: "semaphore", message }], "the name");
}
