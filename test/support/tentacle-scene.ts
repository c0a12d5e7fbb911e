// A tentacle under test with the dispatcher it talks to, on a broker and in a workspace of their own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "@berth/broker";
import { createMemoryBroker, type MemoryBroker } from "@berth/broker/memory";
import { createTentacle, type Tentacle, type TentacleOptions } from "@berth/tentacle";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { ScriptedDispatcher, type ScriptedDispatcherOptions } from "./scripted-dispatcher.ts";
import { tentacleDefaults } from "./tentacle-defaults.ts";

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Scene {
  readonly memory: MemoryBroker;
  readonly broker: Broker;
  readonly dispatcher: ScriptedDispatcher;
  readonly tentacle: Tentacle;
  readonly workspace: string;
  readonly log: LogLine[];
}

export type SceneOptions = Partial<TentacleOptions> &
  ScriptedDispatcherOptions & {
    /** What the tentacle has in place of its connection. */
    readonly wrap?: (connection: Broker) => Broker;
  };

/** A tentacle that is not started. All of it is cleaned up at the end of the test. */
export async function prepareScene(options: SceneOptions = {}): Promise<Scene> {
  const { leaseMs, wrap = (connection) => connection, ...rest } = options;
  const memory = createMemoryBroker();
  const dispatcher = await ScriptedDispatcher.start(memory, {
    ...(rest.targets && { targets: rest.targets }),
    ...(leaseMs !== undefined && { leaseMs }),
  });
  const workspace = options.workspace ?? (await newDirectory());
  const broker = memory.connect();
  await broker.start();
  const log: LogLine[] = [];
  const tentacle = createTentacle({
    ...tentacleDefaults(workspace),
    broker: wrap(broker),
    logger: pino({ level: "debug" }, { write: (line) => log.push(JSON.parse(line)) }),
    ...rest,
  });
  onTestFinished(async () => {
    await tentacle.stop({ deadlineMs: 0 });
    await broker.stop();
    await dispatcher.stop();
  });
  return { memory, broker, dispatcher, tentacle, workspace, log };
}

/** A tentacle that has opened its session. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const scene = await prepareScene(options);
  await scene.tentacle.start();
  return scene;
}

/** Removed at the end of the test. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "berth-test-"));
  // A guard that has just done its work may still leave its proof there.
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 20 }));
  return directory;
}
