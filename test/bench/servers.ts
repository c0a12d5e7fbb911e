import process from "node:process";
import { connect } from "amqplib";
import { Redis } from "ioredis";
import { Client } from "pg";
import type { ServerUrls } from "./systems/system.ts";

/** Where the servers are, as the environment says or as they are installed. */
export const serverUrls: ServerUrls = {
  amqp: process.env.BERTH_AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  redis: process.env.BERTH_REDIS_URL ?? "redis://127.0.0.1:6379",
  pg: process.env.BERTH_PG_URL ?? "postgres://postgres@127.0.0.1:5432/test",
};

export type ServerName = keyof ServerUrls;

/** A server that answers tells its version; of one that does not, there is why. */
export type ServerState = { readonly version: string } | { readonly missing: string };

export async function serverStates(): Promise<Record<ServerName, ServerState>> {
  const [amqp, redis, pg] = await Promise.all([
    stateOf(() => rabbitmqVersion(serverUrls.amqp)),
    stateOf(() => redisVersion(serverUrls.redis)),
    stateOf(() => postgresVersion(serverUrls.pg)),
  ]);
  return { amqp, redis, pg };
}

async function stateOf(version: () => Promise<string>): Promise<ServerState> {
  try {
    return { version: await version() };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { missing: message === "" ? String(code) : message };
  }
}

async function rabbitmqVersion(url: string): Promise<string> {
  const connection = await connect(url);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return String(version);
}

async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
  } finally {
    redis.disconnect();
  }
}

async function postgresVersion(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>("show server_version");
  await client.end();
  return rows[0]?.server_version ?? "unknown";
}
