import { describe, expect, test } from "vitest";
import { payload, startedAt, status, submitted, task } from "../../contract/store/records.ts";
import { rejection } from "../../contract/store/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRedis } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { LogBook, redisOfTest, sceneAt } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRedis()) };

describe("a Redis that forgets its scripts under load", options, () => {
  test("is given them again, and takes commits in their order", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url);
    const writer = await scene.writer();
    for (let round = 0; round < 10; round += 1) {
      const commits = Array.from({ length: 20 }, (_, index) =>
        scene.store.commit(
          writer.next({ sequence: writer.sequence + index + 1, changes: submitted(task()) }),
        ),
      );
      const [outcomes] = await Promise.all([Promise.all(commits), server.cli("script", "flush")]);
      expect(outcomes.map(({ type }) => type)).toEqual(Array(20).fill("committed"));
      writer.sequence += 20;
    }
    expect((await scene.store.load(scene.space)).tasks).toHaveLength(200);
  });
});

describe("a Redis that goes away", options, () => {
  test("and is back with all it had goes on where it was", async () => {
    const server = await redisOfTest({ appendonly: true, appendfsync: "always" });
    const logger = new LogBook();
    const scene = await sceneAt(server.url, { logger });
    const writer = await scene.writer();
    await writer.commit(...submitted(task()));
    await server.kill();
    await rejection(writer.try({}), "store_unreachable");
    await rejection(scene.store.load(scene.space), "store_unreachable");
    await server.start();
    expect(await writer.try({ changes: submitted(task()) })).toEqual({ type: "committed" });
    expect((await scene.store.load(scene.space)).tasks).toHaveLength(2);
    expect(logger.lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^warn: .*cannot be reached/),
        expect.stringMatching(/^info: .*can be reached again/),
      ]),
    );
  });

  test("and is back within the deadline is not noticed by who asks meanwhile", async () => {
    const server = await redisOfTest({ appendonly: true, appendfsync: "always" });
    const logger = new LogBook();
    const scene = await sceneAt(server.url, { timeoutMs: 20_000, logger });
    const writer = await scene.writer();
    await server.kill();
    await eventually("the store has noticed", () => logger.lines.length > 0);
    const commit = writer.try({ changes: submitted(task()) });
    await server.start();
    expect(await commit).toEqual({ type: "committed" });
  });

  test("without an end is told within the deadline, and the same commit tells whether it was written", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url, { timeoutMs: 500 });
    const writer = await scene.writer();
    await writer.commit();
    await server.pause();
    const commit = writer.next({ changes: submitted(task()) });
    expect(await rejection(scene.store.commit(commit), "store_unreachable")).toContain(
      "no answer after 500 ms",
    );
    await server.resume();
    const outcome = await eventually("there is an answer", () =>
      scene.store.commit(commit).catch(() => null),
    );
    // What was on its way arrived when it could.
    expect(outcome).toEqual({ type: "out-of-sequence", stored: 2 });
  });
});

describe("a Redis that is emptied under its owner", options, () => {
  test("by FLUSHALL tells that it knows no epoch, and is written back in parts", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url);
    const first = await scene.writer();
    const kept = task();
    await first.commit(...submitted(kept));
    await server.cli("flushall");
    expect(await first.try({})).toEqual({ type: "deposed", epoch: 0 });
    const lease = { space: scene.space, owner: first.owner, at: startedAt, leaseMs: 60_000 };
    expect(await scene.store.renew({ ...lease, epoch: first.epoch })).toBeNull();
    expect(await scene.store.history(scene.space)).toMatchObject({ sequence: 0, epochs: [] });
    expect(await scene.store.spaces()).toEqual([]);
    const again = await scene.store.acquire({ ...lease, epochAbove: first.epoch });
    expect(again).toEqual({ epoch: first.epoch + 1, sequence: 0 });
    const { space, owner } = first;
    const fence = { space, owner, epoch: first.epoch + 1 };
    await scene.store.stage({ ...fence, part: 1, changes: submitted(kept) });
    const counters = { order: 1, token: 1 };
    const seal = { ...fence, sequence: 2, at: startedAt, changes: [], counters, parts: 1 };
    expect(await scene.store.commit(seal)).toEqual({ type: "out-of-sequence", stored: 0 });
    expect(await scene.store.commit({ ...seal, sequence: 1 })).toEqual({ type: "committed" });
    expect((await scene.store.load(space)).tasks).toEqual([kept]);
    expect(await scene.store.spaces()).toEqual([space]);
  });

  test("by a restart tells the same", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url);
    const writer = await scene.writer();
    await writer.commit(...submitted(task()));
    await server.restartEmpty();
    const outcome = await eventually("there is an answer", () => writer.try({}).catch(() => null));
    expect(outcome).toEqual({ type: "deposed", epoch: 0 });
  });
});

describe("a write-back that its owner leaves half done", options, () => {
  test("is carried out by whoever comes next, before anything is loaded", async () => {
    const server = await redisOfTest();
    const prefix = "sealed";
    const scene = await sceneAt(server.url, { prefix });
    const writer = await scene.writer();
    const records = Array.from({ length: 5 }, () => task());
    for (const [index, record] of records.entries()) await writer.stage(index + 1, ...submitted(record));
    // Nobody can kill an owner between two steps on purpose: the server refuses the first step behind the seal.
    await server.cli("acl", "setuser", "default", "-hdel");
    await rejection(writer.try({ parts: 5 }), "store_unreachable");
    expect((await scene.store.tasks(scene.space, { sort: "oldest", cursor: null, limit: 9 })).items).toEqual(
      [],
    );
    await server.cli("acl", "setuser", "default", "+hdel");
    const next = await sceneAt(server.url, { prefix });
    expect((await next.store.load(scene.space)).tasks).toHaveLength(5);
    expect(await writer.try({})).toEqual({ type: "out-of-sequence", stored: 1 });
  });

  test("is carried out before anybody gets the space", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url);
    const writer = await scene.writer();
    for (const part of [1, 2]) await writer.stage(part, ...submitted(task()));
    await server.cli("acl", "setuser", "default", "-hdel");
    await rejection(writer.try({ parts: 2 }), "store_unreachable");
    await server.cli("acl", "setuser", "default", "+hdel");
    const at = startedAt + 3_600_000;
    const next = await scene.store.acquire({ space: scene.space, owner: "next", at, leaseMs: 1000 });
    expect(next).toEqual({ epoch: at, sequence: 1 });
    const { items } = await scene.store.tasks(scene.space, { sort: "oldest", cursor: null, limit: 9 });
    expect(items).toHaveLength(2);
    expect(await writer.try({})).toEqual({ type: "deposed", epoch: at });
  });
});

describe("a Redis that is full", options, () => {
  test("says so, has written nothing, keeps its owner and takes the same commit once there is room", async () => {
    const server = await redisOfTest();
    const scene = await sceneAt(server.url);
    const writer = await scene.writer();
    const old = task({ status: status("succeeded") });
    await writer.commit(...submitted(old), payload(old, JSON.stringify("x".repeat(1_000_000))));
    await server.cli("config", "set", "maxmemory", "1mb");
    const next = task();
    const commit = writer.next({ changes: submitted(next) });
    expect(await rejection(scene.store.commit(commit), "store_full")).toContain("maxmemory");
    const { space, owner, epoch } = writer;
    const lease = { space, owner, epoch, at: startedAt + 1, leaseMs: 60_000 };
    expect(await scene.store.renew(lease)).toBe(1);
    expect(await scene.store.task(space, next.id)).toBeNull();
    const rule = { before: startedAt + 3_600_000, endedTasksMax: 0, limit: 10 };
    expect(await scene.store.prune(space, rule)).toEqual({ tasks: 1, oops: 0 });
    await server.cli("config", "set", "maxmemory", "0");
    expect(await scene.store.commit(commit)).toEqual({ type: "committed" });
  });
});
