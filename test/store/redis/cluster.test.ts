import { expect, onTestFinished, test } from "vitest";
import { submitted, task } from "../../contract/store/records.ts";
import { newSpace, Scene } from "../../contract/store/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { openRedis, whyNoPrivateRedis } from "../../support/servers/open.ts";
import type { RedisServer } from "../../support/servers/redis.ts";
import { skipBecause } from "../../support/skip.ts";
import { newStore, redisOfTest } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRedis()) };

/** Three masters with a third of the slots each. */
async function clusterOfThree(): Promise<RedisServer[]> {
  const nodes = await Promise.all([1, 2, 3].map(() => openRedis({ cluster: "member" })));
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    const from = Math.ceil((16_384 / 3) * index);
    const to = Math.ceil((16_384 / 3) * (index + 1)) - 1;
    await node.cli("cluster", "addslotsrange", String(from), String(to));
    const bus = /cport=(\d+)|@(\d+)/.exec(await node.cli("cluster", "nodes"));
    await first!.cli("cluster", "meet", "127.0.0.1", String(node.port), bus?.[1] ?? bus?.[2] ?? "");
  }
  await eventually("the cluster is whole", async () => {
    const infos = await Promise.all(nodes.map((node) => node.cli("cluster", "info")));
    return infos.every((info) => info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3"));
  });
  return nodes;
}

test("in a cluster each space is whole on one node, and all spaces are listed", options, async () => {
  const nodes = await clusterOfThree();
  const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  const store = newStore(url, { prefix: "clustered" });
  await store.start();
  const spaces = Array.from({ length: 12 }, newSpace);
  for (const space of spaces) {
    const writer = await new Scene(store).writer(space);
    await writer.commit(...submitted(task({ id: `of ${space}`, targets: ["web-1", "web-2"] })));
    expect((await store.load(space)).tasks.map(({ id }) => id)).toEqual([`of ${space}`]);
    const page = await store.tasks(space, { target: "web-2", sort: "newest", cursor: null, limit: 5 });
    expect(page.items).toHaveLength(1);
  }
  expect(await store.spaces()).toEqual(spaces.toSorted());
  const homes = await Promise.all(
    spaces.map(async (space) => {
      const having = await Promise.all(
        nodes.map(async (node) => (await node.cli("keys", `{clustered:${space}}*`)) !== ""),
      );
      return having.flatMap((has, node) => (has ? [node] : []));
    }),
  );
  expect(homes.every((on) => on.length === 1)).toBe(true);
  expect(new Set(homes.flat()).size).toBe(3);
});

test("a commit that must be durable waits on the node of its space", options, async () => {
  const node = await redisOfTest({
    cluster: "alone",
    appendonly: true,
    appendfsync: "always",
    // A node learns its address from others.
    config: { "cluster-announce-ip": "127.0.0.1" },
  });
  const store = newStore(node.url, { durability: "fsync" });
  await store.start();
  const scene = new Scene(store);
  const writer = await scene.writer();
  await writer.commit(...submitted(task()));
  await node.kill();
  await node.start();
  const outcome = await eventually("there is an answer", () =>
    writer.try({ changes: submitted(task()) }).catch(() => null),
  );
  expect(outcome).toEqual({ type: "committed" });
  const loaded = await eventually("it can be read", () => store.load(scene.space).catch(() => null));
  expect(loaded.tasks).toHaveLength(2);
});
