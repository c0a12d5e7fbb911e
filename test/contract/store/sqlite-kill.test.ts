// The process of a store is killed while it commits, again and again: what is left is whole commits.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSqliteStore } from "@berth/store/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rejection } from "./scene.ts";
import { type Committed, killSpace, linesPerCommit, tasksPerCommit } from "./sqlite-commits.ts";

const committer = fileURLToPath(new URL("sqlite-committer.ts", import.meta.url));
const rounds = 5;
const commitsPerRound = 40;

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-store-"));
  path = join(folder, "berth.db");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A process that commits without end, and says of each commit when it is done. */
function startCommitter(): ChildProcess {
  return fork(committer, [path], { execArgv: [] });
}

async function untilCommitted(child: ChildProcess, commits: number): Promise<number> {
  let last = 0;
  for (let count = 0; count < commits; count += 1) {
    const [message] = (await once(child, "message")) as [Committed];
    last = message.sequence;
  }
  return last;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

describe("a store whose process is killed", () => {
  test("has every commit that was answered, and no part of one that was not", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const child = startCommitter();
      const answered = await untilCommitted(child, commitsPerRound);
      await kill(child);
      const { sequence, namesCount, tasks, lines } = await readBack();
      expect(sequence).toBeGreaterThanOrEqual(answered);
      expect(namesCount).toBe(sequence);
      expect(tasks).toEqual({ succeeded: sequence * tasksPerCommit });
      expect(lines).toBe(sequence * linesPerCommit);
    }
  });

  test("is refused to others until then, and free at once afterwards", async () => {
    const child = startCommitter();
    await untilCommitted(child, 1);
    const store = createSqliteStore({ path, durability: "memory" });
    expect(await rejection(store.start(), "store_in_use")).toContain(path);
    await kill(child);
    await store.start();
    expect(await store.spaces()).toEqual([killSpace]);
    await store.stop();
  });
});

interface ReadBack {
  readonly sequence: number;
  /** Of how many commits there are tasks. */
  readonly namesCount: number;
  readonly tasks: Readonly<Record<string, number>>;
  readonly lines: number;
}

async function readBack(): Promise<ReadBack> {
  const store = createSqliteStore({ path, durability: "memory" });
  await store.start();
  const ownership = await store.acquire({ space: killSpace, owner: "reader", at: 1, leaseMs: 1 });
  const names = new Set<string>();
  let lines = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof store.tasks>> = await store.tasks(killSpace, {
      sort: "oldest",
      cursor,
      limit: 1000,
    });
    for (const { task } of page.items) {
      names.add(task.name);
      lines += (await store.log(killSpace, task.id, { after: 0, limit: 100 })).lines.length;
    }
    cursor = page.next;
  } while (cursor !== null);
  const tasks = await store.taskCounts(killSpace);
  await store.stop();
  return { sequence: ownership?.sequence ?? 0, namesCount: names.size, tasks, lines };
}
