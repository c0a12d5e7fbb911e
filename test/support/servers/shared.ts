// The RabbitMQ and the Redis that all test files of a run share. What is theirs alone is a virtual host or a prefix, so files may run at
// the same time. Nobody restarts, fills or reconfigures these: for that there are private ones (open.ts).
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { brokerVersionAt } from "./amqp-greeting.ts";
import type { RabbitmqShare, RedisShare } from "./coordinator.ts";
import "./global-setup.ts";
import { whyNoPrivateRabbitmq, whyNoPrivateRedis } from "./open.ts";
import { redisVersionAt } from "./redis-greeting.ts";

export interface SharedRabbitmq {
  /** As a user who may do anything in the virtual host that it names. */
  readonly url: string;
  readonly version: string;
  /** Of the HTTP API without `/api`, with a password in it; null for a server that was named by its address. */
  readonly managementUrl: string | null;
  /** Made for this test file; `/` on a server that was named by its address. */
  readonly virtualHost: string;
  /** Of names, unlike that of any other test file. */
  readonly prefix: string;
}

export interface SharedRedis {
  readonly url: string;
  readonly version: string;
  /** Of keys, unlike that of any other test file. */
  readonly prefix: string;
}

/** Why there is no RabbitMQ for tests, for `skipBecause`; undefined if there is. */
export async function whyNoRabbitmq(): Promise<string | undefined> {
  if (process.env.BERTH_TEST_AMQP_URL !== undefined) return undefined;
  const why = await whyNoPrivateRabbitmq();
  return why === undefined ? undefined : `${why}; BERTH_TEST_AMQP_URL can name a server`;
}

/** Why there is no Redis for tests, for `skipBecause`; undefined if there is. */
export async function whyNoRedis(): Promise<string | undefined> {
  if (process.env.BERTH_TEST_REDIS_URL !== undefined) return undefined;
  const why = await whyNoPrivateRedis();
  return why === undefined ? undefined : `${why}; BERTH_TEST_REDIS_URL can name a server`;
}

let rabbitmq: Promise<SharedRabbitmq> | undefined;
let redis: Promise<SharedRedis> | undefined;

/** The same one for all callers in a test file. */
export function sharedRabbitmq(): Promise<SharedRabbitmq> {
  rabbitmq ??= findRabbitmq();
  return rabbitmq;
}

/** The same one for all callers in a test file. */
export function sharedRedis(): Promise<SharedRedis> {
  redis ??= findRedis();
  return redis;
}

async function findRabbitmq(): Promise<SharedRabbitmq> {
  const url = process.env.BERTH_TEST_AMQP_URL;
  const prefix = newPrefix();
  if (url === undefined) return { ...(await ask<RabbitmqShare>("rabbitmq")), prefix };
  const { hostname, port } = new URL(url);
  const version = await brokerVersionAt(Number(port || 5672), hostname);
  if (version === undefined) throw new Error("no RabbitMQ answers at BERTH_TEST_AMQP_URL");
  return { url, version, managementUrl: null, virtualHost: "/", prefix };
}

async function findRedis(): Promise<SharedRedis> {
  const url = process.env.BERTH_TEST_REDIS_URL;
  const prefix = newPrefix();
  if (url === undefined) return { ...(await ask<RedisShare>("redis")), prefix };
  const { hostname: host, port, password } = new URL(url);
  const address = { host, port: Number(port || 6379), ...(password !== "" && { password }) };
  const version = await redisVersionAt(address);
  if (version === undefined) throw new Error("no Redis answers at BERTH_TEST_REDIS_URL");
  return { url, version, prefix };
}

async function ask<Share>(what: "rabbitmq" | "redis"): Promise<Share> {
  const response = await fetch(`${inject("serversUrl")}/${what}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as Share;
}

/** Letters and digits only, so that it may stand in any name. */
function newPrefix(): string {
  return `t${randomUUID().replaceAll("-", "").slice(0, 12)}`;
}
