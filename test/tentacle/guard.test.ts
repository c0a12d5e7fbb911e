import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { guardsOf, isLiving } from "../support/processes.ts";
import { newDirectory, prepareScene, startScene } from "../support/tentacle-scene.ts";

const gateProgram = fileURLToPath(new URL("../../packages/tentacle/src/gate.sh", import.meta.url));
const program = fileURLToPath(new URL("./modules/killed-tentacle.ts", import.meta.url));

interface TentacleProcess {
  readonly child: ChildProcess;
  readonly session: string;
  /** The first line of the next script: they run one after the other, as soon as each has said one. */
  said(): Promise<string>;
}

async function tentacleProcess(workspace: string, ...scripts: string[]): Promise<TentacleProcess> {
  const child = spawn(process.execPath, [program, workspace, ...scripts], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<{ session?: string; said?: string }> => {
    const { done, value } = await lines.next();
    if (done) throw new Error("the process with the tentacle has ended");
    return JSON.parse(value);
  };
  const { session = "" } = await next();
  return { child, session, said: async () => (await next()).said ?? "" };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("the scripts of a tentacle that is killed with -9 end, with all that they have started", async () => {
  const { child, said } = await tentacleProcess(
    await newDirectory(),
    "sleep 1000 & echo $$ $!; wait",
    'trap "" TERM; (trap "" TERM; sleep 1000; sleep 1000) & echo $$ $!; while :; do sleep 1; done',
  );
  const pids = `${await said()} ${await said()}`.split(" ").map(Number);
  expect(pids).toHaveLength(4);
  expect(pids.map(isLiving)).toEqual([true, true, true, true]);
  await kill(child);
  for (const pid of pids) await eventually(`process ${pid} is gone`, () => !isLiving(pid));
});

test("the guard of a killed tentacle ends when it has done its work", async () => {
  const workspace = await newDirectory();
  const { child } = await tentacleProcess(workspace);
  expect(await guardsOf(workspace)).toHaveLength(1);
  await kill(child);
  await eventually("the guard is gone", async () => (await guardsOf(workspace)).length === 0);
});

test("a script that waits at its gate when the tentacle dies does not run", async () => {
  const folder = await newDirectory();
  const gate = spawn("/bin/sh", [gateProgram, "/bin/sh", "-c", "echo > ran"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const channel = gate.stdio[3] as Duplex;
  channel.destroy();
  const [code] = await once(gate, "exit");
  expect(code).toBe(1);
  expect(await readdir(folder)).not.toContain("ran");
});

test("the next tentacle in the workspace says that it succeeds the killed one, once its scripts are gone", async () => {
  const workspace = await newDirectory();
  const script = 'trap "" TERM; echo $$; while :; do sleep 0.1; done';
  const { child, session, said } = await tentacleProcess(workspace, script);
  const pid = Number(await said());
  await kill(child);
  const { dispatcher } = await startScene({ workspace });
  expect((await dispatcher.seen("session.open")).succeeds).toEqual([session]);
  expect(isLiving(pid)).toBe(false);
});

test("it does not say so when the guard was killed too", async () => {
  const workspace = await newDirectory();
  const { child, said } = await tentacleProcess(workspace, "echo $$; exec sleep 1000");
  const pid = Number(await said());
  for (const guard of await guardsOf(workspace)) process.kill(guard, "SIGSTOP");
  await kill(child);
  for (const guard of await guardsOf(workspace)) process.kill(guard, "SIGKILL");
  const { dispatcher, log } = await startScene({ workspace });
  expect((await dispatcher.seen("session.open")).succeeds).toEqual([]);
  expect(log.some(({ level, msg }) => level === 40 && msg.includes("previous tentacle"))).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("a tentacle that was stopped leaves nothing to succeed", async () => {
  const workspace = await newDirectory();
  const first = await startScene({ workspace });
  await first.tentacle.stop();
  const second = await startScene({ workspace });
  expect((await second.dispatcher.seen("session.open")).succeeds).toEqual([]);
});

test("a session of another tentacle name is not succeeded", async () => {
  const workspace = await newDirectory();
  const { child } = await tentacleProcess(workspace);
  await kill(child);
  const { dispatcher } = await startScene({ workspace, name: "marius" });
  expect((await dispatcher.seen("session.open")).succeeds).toEqual([]);
});

test("two tentacles cannot share a workspace", async () => {
  const { workspace } = await startScene();
  const second = await prepareScene({ workspace });
  await expect(second.tentacle.start()).rejects.toThrow(
    `${workspace} is in use by the tentacle with process id`,
  );
  expect((await second.tentacle.ended).error).toMatchObject({ name: "WorkspaceInUse" });
});

test("the lock of a process that is gone, or that nobody can read, is taken over", async () => {
  const workspace = await newDirectory();
  const { child } = await tentacleProcess(workspace);
  await kill(child);
  const lock = JSON.parse(await readFile(join(workspace, "lock"), "utf8"));
  // Its number belongs to another process by now.
  await writeFile(join(workspace, "lock"), JSON.stringify({ ...lock, pid: process.pid }));
  const first = await startScene({ workspace });
  await first.tentacle.stop();
  await writeFile(join(workspace, "lock"), "{");
  await startScene({ workspace });
});

test("a guard that dies is started again, and watches over what runs", async () => {
  const workspace = await newDirectory();
  const flag = join(workspace, "go");
  const { child, said } = await tentacleProcess(
    workspace,
    "echo $$; exec sleep 1000",
    `until [ -e ${flag} ]; do sleep 0.05; done; echo there`,
    "echo here",
  );
  const pid = Number(await said());
  for (const guard of await guardsOf(workspace)) process.kill(guard, "SIGKILL");
  await writeFile(flag, "");
  // The last one starts only when there is a guard again, which has been told of the others first.
  expect([await said(), await said()]).toEqual(["there", "here"]);
  expect(isLiving(pid)).toBe(true);
  await kill(child);
  await eventually("the script is gone", () => !isLiving(pid));
});

test("scripts run while the guard is away as soon as there is one again", async () => {
  const { dispatcher, workspace } = await startScene();
  for (let round = 0; round < 3; round += 1) {
    for (const guard of await guardsOf(workspace)) process.kill(guard, "SIGKILL");
    const delivery = await dispatcher.script("echo here");
    expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
  }
});

test("a stop leaves no guard behind", async () => {
  const { tentacle, workspace } = await startScene();
  expect(await guardsOf(workspace)).toHaveLength(1);
  await tentacle.stop();
  expect(await guardsOf(workspace)).toHaveLength(0);
});
