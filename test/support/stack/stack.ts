// The real stack: every part its own process, on a broker and a store that the test names. A test kills, freezes and
// replaces the parts; what scripts wrote down themselves is the evidence.
import { join } from "node:path";
import { BerthClient } from "@berth/client";
import { EvidenceFile } from "../crash/evidence.ts";
import { eventually } from "../eventually.ts";
import { createFolder, removeFolder } from "../temporary-folder.ts";
import { StackPart } from "./part.ts";

export interface StackServers {
  readonly amqpUrl: string;
  readonly redisUrl: string;
  /** Of queues and keys. */
  readonly prefix: string;
}

export interface StackWish {
  readonly servers: StackServers;
  /** Default: 2. */
  readonly dispatchers?: number;
  /** Targets by the name of the tentacle that serves them. Default: two tentacles with a target each. */
  readonly tentacles?: Readonly<Record<string, readonly string[]>>;
  /** Default: `default` alone. Tentacles serve the first one. */
  readonly spaces?: readonly string[];
  /** Of tentacles. Default: 2 s. */
  readonly leaseMs?: number;
  /** Of dispatchers. Default: 2 s. */
  readonly ownerLeaseMs?: number;
  /** Further variables for all parts. */
  readonly environment?: Readonly<Record<string, string>>;
}

const usualTentacles = { "tentacle-1": ["web-1"], "tentacle-2": ["web-2"] };

export class Stack {
  readonly space: string;
  readonly dispatchers: readonly StackPart[];
  readonly api: StackPart;
  readonly tentacles: readonly StackPart[];
  /** What scripts write down when they are made by it. */
  readonly evidence: EvidenceFile;
  readonly folder: string;
  readonly #targets: readonly string[];

  private constructor(wish: StackWish, folder: string) {
    const { servers, dispatchers = 2, tentacles = usualTentacles, spaces = ["default"] } = wish;
    const [space = "default"] = spaces;
    this.space = space;
    this.folder = folder;
    this.evidence = new EvidenceFile(join(folder, "evidence"));
    this.#targets = [...new Set(Object.values(tentacles).flat())];
    const shared = {
      BERTH_AMQP_URL: servers.amqpUrl,
      BERTH_REDIS_URL: servers.redisUrl,
      BERTH_PREFIX: servers.prefix,
      BERTH_SPACES: spaces.join(","),
      BERTH_SPACE: space,
      BERTH_LEASE_MS: String(wish.leaseMs ?? 2_000),
      BERTH_OWNER_LEASE_MS: String(wish.ownerLeaseMs ?? 2_000),
      ...wish.environment,
    };
    this.dispatchers = Array.from(
      { length: dispatchers },
      (_, index) => new StackPart(`dispatcher-${index + 1}`, "dispatcher", shared),
    );
    this.api = new StackPart("api", "api", shared);
    this.tentacles = Object.entries(tentacles).map(
      ([name, targets]) =>
        new StackPart(name, "tentacle", {
          ...shared,
          BERTH_TENTACLE: name,
          BERTH_TARGETS: targets.join(","),
          BERTH_WORKSPACE: join(folder, name),
        }),
    );
  }

  /** Resolves when every part is ready and there are the targets. Whoever opens it has to close it. */
  static async open(wish: StackWish): Promise<Stack> {
    const stack = await Stack.prepare(wish);
    try {
      await stack.start();
      await stack.untilReady();
    } catch (error) {
      await stack.close();
      throw error;
    }
    return stack;
  }

  /** The same, and nothing runs yet. */
  static async prepare(wish: StackWish): Promise<Stack> {
    return new Stack(wish, await createFolder("stack"));
  }

  /** Starts whatever does not run. Resolves when all listen, which is long before they are ready. */
  async start(): Promise<void> {
    await Promise.all(this.parts.filter((part) => !part.isUp).map((part) => part.start()));
  }

  /** Resolves when all parts are ready; makes the targets. */
  async untilReady(): Promise<void> {
    await Promise.all([...this.dispatchers, this.api].map((part) => part.untilReady()));
    for (const target of this.#targets) await this.client().targets.put(target, {});
    await Promise.all(this.tentacles.map((part) => part.untilReady()));
  }

  get parts(): readonly StackPart[] {
    return [...this.dispatchers, this.api, ...this.tentacles];
  }

  part(name: string): StackPart {
    const part = this.parts.find((each) => each.name === name);
    if (part === undefined) throw new Error(`there is no part "${name}"`);
    return part;
  }

  /** One that does not try again by itself. */
  client(): BerthClient {
    return new BerthClient({ url: this.api.url, space: this.space, retries: { attempts: 1 } });
  }

  /** The dispatcher that took a space last; `null`: that one does not run any more. */
  ownerOf(space: string = this.space): StackPart | null {
    const terms = this.dispatchers.flatMap((part) =>
      part.process.log
        .filter((line) => line.msg === "owns the space" && line.space === space)
        .map((line) => ({ part, epoch: Number(line.epoch) })),
    );
    const newest = terms.reduce((one, other) => (other.epoch > one.epoch ? other : one), {
      part: null as StackPart | null,
      epoch: 0,
    });
    return newest.part?.isUp === true ? newest.part : null;
  }

  async untilOwned(space: string = this.space): Promise<StackPart> {
    return await eventually(`somebody owns ${space}`, () => this.ownerOf(space), 60_000);
  }

  /** Stops what still runs, frozen or not, and removes the folder. Idempotent. */
  async close(): Promise<void> {
    const running = this.parts.filter((part) => part.isUp);
    for (const part of running) part.thaw();
    await Promise.all(
      running.map(async (part) => {
        const timer = setTimeout(() => part.process.signal("SIGKILL"), 15_000);
        await part.stop();
        clearTimeout(timer);
      }),
    );
    await removeFolder(this.folder);
  }
}
