import { Cluster, type Redis } from "ioredis";
import { StoreError } from "../port.ts";
import type { Connection } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { misconfigured, type Settings } from "./options.ts";

/** The first version with all that the scripts need, and the first with WAITAOF. */
const versionNeeded = [7, 0] as const;
const versionWithWaitAof = [7, 2] as const;

interface Server {
  readonly where: string;
  readonly version: readonly [number, number];
  readonly policy: string | undefined;
  readonly appendsToFile: boolean;
  /** `undefined`: nobody may ask. */
  readonly appendfsync: string | undefined;
}

/** Whether the servers can be relied on, as they are set up. */
export class Fitness {
  readonly #settings: Settings;
  /** Every write is on the disk before it is answered, so there is nothing to wait for. */
  writesThrough = false;
  /** Why nothing may be written: a server that was promoted may be set up in another way than the one before. */
  defect: StoreError | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Rejects with `StoreError` (`store_misconfigured`). */
  async check(connection: Connection): Promise<void> {
    const servers = await Promise.all(
      serversOf(connection).map((server) => inspect(server, connection.where)),
    );
    for (const server of servers) this.#checkServer(server);
    this.writesThrough = servers.every(({ appendfsync }) => appendfsync === "always");
  }

  /** The same for whatever a connection that was made again leads to. */
  async checkAgain(connection: Connection): Promise<void> {
    try {
      await this.check(connection);
      this.defect = null;
    } catch (error) {
      // What cannot be reached comes again.
      if (!(error instanceof StoreError && error.code === "store_misconfigured")) return;
      this.defect = error;
      this.#settings.logger.error({ err: error }, "nothing is written to a Redis that is set up like this");
    }
  }

  #checkServer(server: Server): void {
    const { where, version, policy } = server;
    if (!isAtLeast(version, versionNeeded)) {
      throw misconfigured(
        `${where} is Redis ${version.join(".")}; Berth needs ${versionNeeded.join(".")} or later`,
      );
    }
    if (policy !== undefined && policy !== "noeviction") {
      throw misconfigured(
        `${where} has maxmemory-policy "${policy}", so it may delete tasks when it is full; ` +
          'set it with: redis-cli config set maxmemory-policy noeviction (and "maxmemory-policy noeviction" in redis.conf)',
      );
    }
    if (!server.appendsToFile) this.#tellWithoutFile(server);
    if (this.#settings.durability.type === "fsync") this.#checkWaiting(server);
  }

  #checkWaiting({ where, version, appendfsync }: Server): void {
    if (appendfsync === "always") return;
    const remedy = 'set "appendfsync always" in redis.conf, or: redis-cli config set appendfsync always';
    if (isAtLeast(version, versionWithWaitAof)) {
      this.#settings.logger.info(
        { appendfsync },
        `${where} writes to the disk about once a second, which each commit waits for; to wait less, ${remedy}`,
      );
      return;
    }
    throw misconfigured(
      `${where} is Redis ${version.join(".")}, which cannot tell when a write is on the disk (WAITAOF came with 7.2), ` +
        `so durability "fsync" needs "appendfsync always", and it is "${appendfsync ?? "not to be asked for"}"; ${remedy}`,
    );
  }

  #tellWithoutFile({ where }: Server): void {
    const { durability, logger } = this.#settings;
    const remedy = 'set "appendonly yes" in redis.conf, or: redis-cli config set appendonly yes';
    if (durability.type === "fsync")
      throw misconfigured(`${where} has no append-only file, which durability "fsync" needs; ${remedy}`);
    logger.warn(
      { appendonly: "no" },
      `${where} has no append-only file: a restart of Redis forgets everything that no dispatcher has in memory; ${remedy}`,
    );
  }
}

function isAtLeast(version: readonly [number, number], least: readonly [number, number]): boolean {
  return version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1]);
}

/** All that can be written to. */
function serversOf({ client }: Connection): Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

async function inspect(redis: Redis, where: string): Promise<Server> {
  try {
    const info = await redis.info();
    const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1];
    const [major = 0, minor = 0] = (field("redis_version") ?? "").split(".").map(Number);
    return {
      where: `${where}${field("tcp_port") === undefined ? "" : ` (port ${field("tcp_port")})`}`,
      version: [major, minor],
      policy: field("maxmemory_policy") ?? (await setting(redis, "maxmemory-policy")),
      appendsToFile: field("aof_enabled") === "1",
      appendfsync: field("aof_enabled") === "1" ? await setting(redis, "appendfsync") : undefined,
    };
  } catch (error) {
    throw error instanceof StoreError ? error : failureOf(error, where);
  }
}

/** Servers of others often do not allow CONFIG. */
async function setting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const answer: unknown = await redis.config("GET", name);
    return Array.isArray(answer) ? String(answer[1]) : undefined;
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return undefined;
    throw error;
  }
}
