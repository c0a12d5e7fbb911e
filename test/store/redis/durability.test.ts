import { describe, expect, test } from "vitest";
import { submitted, task } from "../../contract/store/records.ts";
import { rejection } from "../../contract/store/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRedis } from "../../support/servers/open.ts";
import type { RedisServer } from "../../support/servers/redis.ts";
import { skipBecause } from "../../support/skip.ts";
import { isAtLeast, redisOfTest, sceneAt } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRedis()) };

async function withReplica(): Promise<[master: RedisServer, replica: RedisServer]> {
  const master = await redisOfTest();
  const replica = await redisOfTest({ replicaOf: master });
  await eventually("the replica has everything", async () =>
    (await master.cli("info", "replication")).includes("state=online"),
  );
  return [master, replica];
}

/** One that can be asked when a write is on the disk; an older one has to write each of them before it answers. */
async function redisThatWrites(): Promise<RedisServer> {
  const server = await redisOfTest({ appendonly: true });
  return isAtLeast(server.version, [7, 2])
    ? server
    : redisOfTest({ appendonly: true, appendfsync: "always" });
}

describe("a commit that must be on the disk", options, () => {
  test("is there after the machine went down the moment it was answered", async () => {
    const server = await redisThatWrites();
    const scene = await sceneAt(server.url, { durability: "fsync", timeoutMs: 5000 });
    const writer = await scene.writer();
    const records = Array.from({ length: 3 }, () => task());
    for (const record of records) await writer.commit(...submitted(record));
    await server.kill();
    await server.start();
    expect((await scene.store.load(scene.space)).tasks).toHaveLength(3);
    expect(await writer.try({ sequence: 3 })).toEqual({ type: "out-of-sequence", stored: 3 });
  });
});

describe("a commit that must be on a replica", options, () => {
  test("is not answered as written while the replica does not answer, and the same again tells when it is", async () => {
    const [master, replica] = await withReplica();
    const scene = await sceneAt(master.url, { durability: "replicated", timeoutMs: 1000 });
    const writer = await scene.writer();
    await writer.commit(...submitted(task()));
    await replica.pause();
    const commit = writer.next({ changes: submitted(task()) });
    expect(await rejection(scene.store.commit(commit), "store_unreachable")).toContain("0 of 1 replicas");
    // It is written, and that it is on no replica is still no answer.
    expect(await rejection(scene.store.commit(commit), "store_unreachable")).toContain("0 of 1 replicas");
    expect((await scene.store.load(scene.space)).tasks).toHaveLength(2);
    await replica.resume();
    const outcome = await eventually("the replica has it", () =>
      scene.store.commit(commit).catch(() => null),
    );
    expect(outcome).toEqual({ type: "out-of-sequence", stored: 2 });
    writer.sequence = 2;
    await writer.commit(...submitted(task()));
  });

  test("that is refused waits for nobody", async () => {
    const [master, replica] = await withReplica();
    const scene = await sceneAt(master.url, { durability: "replicated", timeoutMs: 1000 });
    const writer = await scene.writer();
    await replica.pause();
    expect((await writer.try({ owner: "another" })).type).toBe("deposed");
    expect((await writer.try({ sequence: 9 })).type).toBe("out-of-sequence");
    await replica.resume();
  });
});

describe("a replica that lags and takes over", options, () => {
  test("is out of sequence for the owner, who then writes back what it lost", async () => {
    const [master, replica] = await withReplica();
    const prefix = "failover";
    const scene = await sceneAt(master.url, { prefix });
    const writer = await scene.writer();
    const kept = task();
    await writer.commit(...submitted(kept));
    await eventually("the replica has the first commit", async () =>
      (await replica.cli("hget", `{${prefix}:${scene.space}}:meta`, "sequence")).includes("1"),
    );
    // What is in its socket already would reach it all the same.
    await replica.pause();
    await master.cli("client", "kill", "type", "replica");
    const lost = task();
    await writer.commit(...submitted(lost));
    await writer.commit();
    await master.kill();
    await replica.resume();
    await replica.cli("replicaof", "no", "one");

    const after = await sceneAt(replica.url, { prefix });
    const { space, owner, epoch } = writer;
    const outcome = await after.store.commit(writer.next({}));
    expect(outcome).toEqual({ type: "out-of-sequence", stored: 1 });
    expect(await after.store.history(space)).toMatchObject({
      sequence: 1,
      epochs: [{ epoch, owner, sequence: 0 }],
    });
    const again = writer.next({ sequence: 2, changes: submitted(lost) });
    expect(await after.store.commit(again)).toEqual({ type: "committed" });
    expect((await after.store.load(space)).tasks).toHaveLength(2);
  });
});
