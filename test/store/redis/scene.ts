import { randomUUID } from "node:crypto";
import type { Store } from "@berth/store";
import { createRedisStore, type RedisStoreLogger, type RedisStoreOptions } from "@berth/store/redis";
import { onTestFinished } from "vitest";
import { Scene } from "../../contract/store/scene.ts";
import { openRedis } from "../../support/servers/open.ts";
import type { RedisOptions, RedisServer } from "../../support/servers/redis.ts";

/** A Redis for one test, which may do with it what it likes. */
export async function redisOfTest(options: RedisOptions = {}): Promise<RedisServer> {
  const server = await openRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

export function newStore(url: string, options: Partial<RedisStoreOptions> = {}): Store {
  const prefix = `test-${randomUUID()}`;
  const store = createRedisStore({ url, prefix, durability: "memory", timeoutMs: 2000, ...options });
  onTestFinished(() => store.stop());
  return store;
}

/** A started store with a space of its own. */
export async function sceneAt(url: string, options: Partial<RedisStoreOptions> = {}): Promise<Scene> {
  const store = newStore(url, options);
  await store.start();
  return new Scene(store);
}

/** A logger that keeps what it is told. */
export class LogBook implements RedisStoreLogger {
  readonly lines: string[] = [];

  info(_context: object, message: string): void {
    this.lines.push(`info: ${message}`);
  }
  warn(_context: object, message: string): void {
    this.lines.push(`warn: ${message}`);
  }
  error(_context: object, message: string): void {
    this.lines.push(`error: ${message}`);
  }
}

/** Whether a server of this version has a command that came with that one. */
export function isAtLeast(version: string, least: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}
