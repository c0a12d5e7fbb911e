import type { TaskKind, TaskRecord, TaskState } from "@berth/engine";
import type { TaskQuery } from "@berth/store";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { changed, ordinaryPlan, startedAt, status, stored, submitted, task } from "./records.ts";
import { type ContractTest, newSpace, type Scene } from "./scene.ts";

const newest: TaskQuery = { sort: "newest", cursor: null, limit: 1000 };

async function ids(scene: Scene, query: Partial<TaskQuery>): Promise<string[]> {
  const page = await scene.store.tasks(scene.space, { ...newest, ...query });
  return page.items.map((item) => item.task.id);
}

const records: readonly TaskRecord[] = [
  task({ id: "a", queuedAt: startedAt + 1 }),
  task({
    id: "b",
    kind: "job",
    name: "Nightly",
    targets: ["web-2"],
    plan: { ...ordinaryPlan, parent: "a" },
    schedule: "nightly",
    queuedAt: startedAt + 2,
    status: status("running"),
  }),
  task({ id: "c", kind: "health-check", queuedAt: startedAt + 3, status: status("succeeded") }),
  task({
    id: "d",
    kind: "runbook",
    name: "Nightly",
    targets: ["web-1", "web-2"],
    plan: { ...ordinaryPlan, parent: "a", steps: [] },
    queuedAt: startedAt + 3,
    status: status("failed"),
  }),
  task({
    id: "e",
    kind: "job",
    targets: ["web-3"],
    plan: ordinaryPlan,
    schedule: "nightly",
    queuedAt: startedAt + 9,
    status: status("parked"),
  }),
];

export function queriesContract(test: ContractTest): void {
  describe("one task", () => {
    test("is found by its id, in its space only", async ({ scene }) => {
      const other = newSpace();
      await (await scene.writer()).commit(...submitted(records[0]!));
      await (await scene.writer(other)).commit();
      expect(await scene.store.task(scene.space, "a")).toEqual(stored(records[0]!));
      expect(await scene.store.task(scene.space, "b")).toBeNull();
      expect(await scene.store.task(other, "a")).toBeNull();
      expect(await scene.store.task(newSpace(), "a")).toBeNull();
    });
  });

  describe("a query of tasks", () => {
    test("without a filter finds all, in the order of submit or its reverse", async ({ scene }) => {
      await (await scene.writer()).commit(...records.flatMap(submitted));
      const page = await scene.store.tasks(scene.space, { ...newest, sort: "oldest" });
      expect(page).toEqual({ items: records.map(stored), next: null });
      expect(await ids(scene, {})).toEqual(["e", "d", "c", "b", "a"]);
    });

    const cases: readonly [Partial<TaskQuery>, string[]][] = [
      [{ ids: ["d", "a", "unknown", "d"] }, ["d", "a"]],
      [{ ids: [] }, []],
      [{ states: ["running", "succeeded", "running"] }, ["c", "b"]],
      [{ states: ["failed"] }, ["d"]],
      [{ states: ["waiting", "failed", "parked"] }, ["e", "d", "a"]],
      [{ states: ["canceled"] }, []],
      [{ states: [] }, []],
      [{ kinds: ["job"] }, ["e", "b"]],
      [{ kinds: ["deploy", "health-check"] }, ["c", "a"]],
      [{ kinds: [] }, []],
      [{ name: "Nightly" }, ["d", "b"]],
      [{ name: "nightly" }, []],
      [{ target: "web-1" }, ["d", "c", "a"]],
      [{ target: "web-2" }, ["d", "b"]],
      [{ target: "web" }, []],
      [{ parent: "a" }, ["d", "b"]],
      [{ parent: "b" }, []],
      [{ parent: "" }, []],
      [{ schedule: "nightly" }, ["e", "b"]],
      [{ schedule: "Nightly" }, []],
      [{ parent: "a", schedule: "nightly" }, ["b"]],
      [{ parent: "a", states: ["failed", "waiting"] }, ["d"]],
      [{ parent: "a", target: "web-2", queuedFrom: startedAt + 3 }, ["d"]],
      [{ ids: ["a", "b", "e"], schedule: "nightly" }, ["e", "b"]],
      [{ ids: ["a", "d", "e"], parent: "a" }, ["d"]],
      [{ schedule: "nightly", name: "Nightly" }, ["b"]],
      [{ queuedFrom: startedAt + 3 }, ["e", "d", "c"]],
      [{ queuedBefore: startedAt + 3 }, ["b", "a"]],
      [{ queuedFrom: startedAt + 2, queuedBefore: startedAt + 9 }, ["d", "c", "b"]],
      [{ queuedFrom: startedAt + 9 }, ["e"]],
      [{ queuedFrom: startedAt + 10 }, []],
      [{ queuedBefore: startedAt + 1 }, []],
      [{ target: "web-1", states: ["failed", "succeeded"] }, ["d", "c"]],
      [{ target: "web-2", name: "Nightly", kinds: ["job"] }, ["b"]],
      [{ ids: ["a", "b", "d"], target: "web-2" }, ["d", "b"]],
      [{ ids: ["a", "b", "d"], states: ["failed"], name: "Nightly" }, ["d"]],
      [{ states: ["parked", "running"], kinds: ["job"], queuedBefore: startedAt + 5 }, ["b"]],
      [{ states: ["parked"], kinds: [] }, []],
      [{ ids: [], target: "web-1" }, []],
      [{ name: "Nightly", queuedFrom: startedAt + 3, target: "web-1" }, ["d"]],
    ];
    for (const [query, expected] of cases) {
      test(`for ${describeQuery(query)} finds ${expected.join(", ") || "nothing"}`, async ({ scene }) => {
        await (await scene.writer()).commit(...records.flatMap(submitted));
        expect(await ids(scene, query)).toEqual(expected);
        expect(await ids(scene, { ...query, sort: "oldest" })).toEqual(expected.toReversed());
      });
    }

    test("follows the states of tasks", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit(...records.flatMap(submitted));
      await writer.commit(changed(records[0]!, status("running")), changed(records[1]!, status("succeeded")));
      expect(await ids(scene, { states: ["running"] })).toEqual(["a"]);
      expect(await ids(scene, { states: ["succeeded"] })).toEqual(["c", "b"]);
      expect(await ids(scene, { states: ["waiting"] })).toEqual([]);
    });

    test("finds nothing of another space", async ({ scene }) => {
      const other = newSpace();
      const theirs = task({ id: "z", plan: { ...ordinaryPlan, parent: "a" }, schedule: "nightly" });
      await (await scene.writer()).commit(...records.flatMap(submitted));
      await (await scene.writer(other)).commit(...submitted(theirs));
      for (const query of [
        {},
        { target: "web-1" },
        { name: "Deploy shop" },
        { states: ["waiting"] as const },
        { parent: "a" },
        { schedule: "nightly" },
      ]) {
        const page = await scene.store.tasks(other, { ...newest, ...query });
        expect(page.items.map((item) => item.task.id)).toEqual(["z"]);
      }
      expect((await scene.store.tasks(other, { ...newest, ids: ["a"] })).items).toEqual([]);
    });
  });

  anyQuery(test);
}

function describeQuery(query: Partial<TaskQuery>): string {
  return JSON.stringify(query).replaceAll(/\d{13}/g, (time) => `+${Number(time) - startedAt}`);
}

const states: readonly TaskState[] = ["waiting", "running", "parked", "succeeded", "failed"];
const kinds: readonly TaskKind[] = ["deploy", "job", "health-check"];
const targets = ["web-1", "web-2", "web-3"];
const names = ["Deploy", "Nightly"];
const plans = [null, ordinaryPlan, { ...ordinaryPlan, parent: "p1" }, { ...ordinaryPlan, parent: "p2" }];
const schedules = ["hourly", "nightly"];

/** Any query must find what looking at every task finds. */
function anyQuery(test: ContractTest): void {
  const anyTask = fc.record({
    kind: fc.constantFrom(...kinds),
    name: fc.constantFrom(...names),
    targets: fc.uniqueArray(fc.constantFrom(...targets), { minLength: 1 }),
    plan: fc.constantFrom(...plans),
    schedule: fc.constantFrom(null, ...schedules),
    state: fc.constantFrom(...states),
    waitedMs: fc.nat(3),
  });
  const anyFilter = fc.record(
    {
      ids: fc.array(fc.nat(70).map((number) => `task-${number}`)),
      states: fc.subarray([...states]),
      kinds: fc.subarray([...kinds]),
      name: fc.constantFrom(...names, "unknown"),
      target: fc.constantFrom(...targets, "unknown"),
      parent: fc.constantFrom("p1", "p2", "unknown"),
      schedule: fc.constantFrom(...schedules, "unknown"),
      queuedFrom: fc.integer({ min: startedAt, max: startedAt + 100 }),
      queuedBefore: fc.integer({ min: startedAt, max: startedAt + 100 }),
    },
    { requiredKeys: [] },
  );
  const anyPage = fc.record({
    sort: fc.constantFrom("newest" as const, "oldest" as const),
    limit: fc.integer({ min: 1, max: 30 }),
  });

  test("any query finds what looking at every task finds, page by page", async ({ scene }) => {
    const property = fc.asyncProperty(
      fc.array(anyTask, { minLength: 40, maxLength: 60 }),
      fc.array(fc.tuple(anyFilter, anyPage), { minLength: 20, maxLength: 20 }),
      async (wishes, queries) => {
        const space = newSpace();
        let queuedAt = startedAt;
        const all = wishes.map(({ state, waitedMs, ...wish }, index) => {
          queuedAt += waitedMs;
          return task({ ...wish, id: `task-${index}`, queuedAt, status: status(state) });
        });
        await (await scene.writer(space)).commit(...all.flatMap(submitted));
        for (const [filter, page] of queries) {
          const found = await readAll(scene, space, { ...filter, ...page, cursor: null });
          const expected = all.filter((record) => matches(record, filter));
          expect(found).toEqual(page.sort === "oldest" ? expected : expected.toReversed());
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });
}

function matches(record: TaskRecord, filter: Partial<TaskQuery>): boolean {
  return (
    filter.ids?.includes(record.id) !== false &&
    filter.states?.includes(record.status.state) !== false &&
    filter.kinds?.includes(record.kind) !== false &&
    (filter.name ?? record.name) === record.name &&
    (filter.target === undefined || record.targets.includes(filter.target)) &&
    (filter.parent === undefined || record.plan?.parent === filter.parent) &&
    (filter.schedule === undefined || record.schedule === filter.schedule) &&
    record.queuedAt >= (filter.queuedFrom ?? 0) &&
    record.queuedAt < (filter.queuedBefore ?? Number.POSITIVE_INFINITY)
  );
}

async function readAll(scene: Scene, space: string, query: TaskQuery): Promise<TaskRecord[]> {
  const { items, next } = await scene.store.tasks(space, query);
  expect(items.length).toBeLessThanOrEqual(query.limit);
  if (next === null) return items.map((item) => item.task);
  expect(items).toHaveLength(query.limit);
  const rest = await readAll(scene, space, { ...query, cursor: next });
  expect(rest).not.toEqual([]);
  return [...items.map((item) => item.task), ...rest];
}
