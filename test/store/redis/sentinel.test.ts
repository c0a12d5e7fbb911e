import { expect, test } from "vitest";
import { submitted, task } from "../../contract/store/records.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRedis } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { redisOfTest, sceneAt } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRedis()) };

test("where a sentinel promotes a replica, the owner goes on there", options, async () => {
  const master = await redisOfTest();
  const replica = await redisOfTest({ replicaOf: master });
  await eventually("the replica has everything", async () =>
    (await master.cli("info", "replication")).includes("state=online"),
  );
  const sentinel = await redisOfTest({
    sentinelOf: { name: "main", port: master.port, downAfterMs: 500 },
  });
  await eventually("the sentinel knows the replica", async () =>
    (await sentinel.cli("sentinel", "replicas", "main")).includes(String(replica.port)),
  );
  const scene = await sceneAt(sentinel.url, { durability: "replicated", timeoutMs: 1000 });
  const writer = await scene.writer();
  await writer.commit(...submitted(task()));
  const commit = writer.next({ changes: submitted(task()) });
  await master.kill();
  const outcome = await eventually(
    "the replica is the master",
    // It has no replica itself, so that a commit is on one cannot be said; that it was taken can.
    async () => {
      await scene.store.commit(commit).catch(() => null);
      const { tasks } = await scene.store.load(scene.space).catch(() => ({ tasks: [] }));
      return tasks.length === 2;
    },
    60_000,
  );
  expect(outcome).toBe(true);
});
