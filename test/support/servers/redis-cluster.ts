import { openRedis } from "./open.ts";
import { clusterIsUp, type RedisServer } from "./redis.ts";

const slotCount = 16_384;

export interface RedisCluster {
  /** Each has an equal share of the slots. */
  readonly nodes: readonly RedisServer[];
  readonly url: string;
  stop(): Promise<void>;
}

/** A cluster of the caller's own. It takes some seconds until its nodes have met. */
export async function openRedisCluster(size = 3): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, () => openRedis({ cluster: "member" })));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop, url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}` };
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const [first] = nodes;
  const bound = (index: number): number => Math.floor((index * slotCount) / nodes.length);
  for (const [index, node] of nodes.entries()) {
    await node.cli("cluster", "set-config-epoch", String(index + 1));
    await node.cli("cluster", "addslotsrange", String(bound(index)), String(bound(index + 1) - 1));
    if (node !== first)
      await node.cli("cluster", "meet", "127.0.0.1", String(first?.port), await busPort(first));
  }
  await Promise.all(nodes.map(clusterIsUp));
}

/** It need not be the node's port and 10,000, which might not be free. */
async function busPort(node: RedisServer | undefined): Promise<string> {
  const [, port = ""] = (await node?.cli("config", "get", "cluster-port"))?.split("\n") ?? [];
  return port;
}
