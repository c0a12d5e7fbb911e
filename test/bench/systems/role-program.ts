// A process that plays one role of a system. Its arguments are the system, the role and the scene as JSON; it says when it is
// ready, and then does what it is asked for.
import process from "node:process";
import { monotonicMs } from "../clock.ts";
import { loadSystem, type SystemName } from "./all.ts";
import { type RunRecord, Runs } from "./runs.ts";
import type { Role, Scene, Sender, Worker } from "./system.ts";
import type { TaskData } from "./tasks.ts";

export type Request =
  | { readonly type: "send"; readonly tasks: readonly TaskData[] }
  /** So many tasks, from the first one on. */
  | { readonly type: "settle"; readonly tasks: number }
  /** The first of them. */
  | { readonly type: "started"; readonly tasks: readonly number[] }
  | { readonly type: "record" }
  | { readonly type: "cpu" }
  /** To what only Berth's roles know. */
  | { readonly type: "tell"; readonly word: string }
  | { readonly type: "stop" };

export interface Answers {
  readonly ready: null;
  readonly send: { readonly startedAt: number; readonly sentAt: number };
  readonly settle: { readonly settledAt: number };
  readonly started: { readonly from: number };
  readonly record: RunRecord;
  /** Until now; of all threads, in seconds. */
  readonly cpu: { readonly cpuSeconds: number };
  readonly tell: unknown;
  readonly stop: null;
}

export type Answer = { [Type in keyof Answers]: { type: Type; found: Answers[Type] } }[keyof Answers];

const [systemName, roleName = "", sceneText = ""] = process.argv.slice(2);
const scene = JSON.parse(sceneText) as Scene;
const system = await loadSystem(systemName as SystemName);
const runs = new Runs();
const role = await startRole();

process.on("message", (request: Request) => {
  void answerTo(request).then(answer, (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// Whoever asks has gone.
process.on("disconnect", () => process.exit(1));
answer({ type: "ready", found: null });

function startRole(): Promise<Role> {
  if (roleName === "sender") return system.sender(scene);
  if (roleName === "worker") return system.worker(scene, runs);
  const other = system.others?.[roleName];
  if (other === undefined) throw new Error(`${systemName} has no role "${roleName}"`);
  return other(scene);
}

async function answerTo(request: Request): Promise<Answer> {
  switch (request.type) {
    case "send": {
      const startedAt = monotonicMs();
      await (role as Sender).send(request.tasks);
      return { type: "send", found: { startedAt, sentAt: monotonicMs() } };
    }
    case "settle": {
      await (role as Worker).settled(request.tasks);
      return { type: "settle", found: { settledAt: monotonicMs() } };
    }
    case "started":
      return { type: "started", found: { from: await runs.started(request.tasks) } };
    case "record":
      return { type: "record", found: runs.record() };
    case "cpu": {
      const { user, system } = process.cpuUsage();
      return { type: "cpu", found: { cpuSeconds: (user + system) / 1e6 } };
    }
    case "tell":
      return { type: "tell", found: await role.tell?.(request.word) };
    case "stop":
      await role.stop();
      return { type: "stop", found: null };
  }
}

function answer(message: Answer): void {
  process.send?.(message, () => {
    // Nothing that a library left open may keep the process.
    if (message.type === "stop") process.exit(0);
  });
}
