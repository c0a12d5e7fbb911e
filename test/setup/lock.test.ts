import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

type WithLock = (path: string, work: () => Promise<void>, onWait?: (pid: number) => void) => Promise<void>;

// Plain JavaScript without types, since setup runs before a compiler is installed.
const lockModule = new URL("../../packages/setup/lock.mjs", import.meta.url).href;
const { withLock } = (await import(lockModule)) as { withLock: WithLock };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-lock-"));
  path = join(folder, "setup.lock");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a second install waits for the first, and is told whom it waits for", async () => {
  const order: string[] = [];
  const told = Promise.withResolvers<number>();
  const first = withLock(path, async () => {
    order.push("first starts", `second waits for ${await told.promise}`, "first ends");
  });
  const second = withLock(path, async () => void order.push("second starts"), told.resolve);
  await Promise.all([first, second]);
  expect(order).toEqual(["first starts", `second waits for ${process.pid}`, "first ends", "second starts"]);
});

test("a lock whose holder is dead is taken over, and leaves nothing behind", async () => {
  // Above the highest process id that Linux gives.
  await writeFile(path, String(2 ** 22 + 1));
  await withLock(path, async () => {
    expect(await readFile(path, "utf8")).toBe(String(process.pid));
  });
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("a lock is given up when the work fails", async () => {
  const failing = withLock(path, () => Promise.reject(new Error("disk full")));
  await expect(failing).rejects.toThrow("disk full");
  await withLock(path, () => Promise.resolve());
});
