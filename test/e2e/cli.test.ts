// The command against a server, each in a process of its own, as people have them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { StandaloneProcess } from "../support/standalone-process.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";

const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
let folder: string;
let server: StandaloneProcess;
let url: string;

beforeAll(async () => {
  folder = await createFolder("cli");
  server = StandaloneProcess.start({ BERTH_DATA: folder, BERTH_PORT: "0" });
  url = await server.ready();
});

afterAll(async () => {
  await server.end("SIGKILL");
  await removeFolder(folder);
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function berth(...words: string[]): Promise<Ran> {
  const env = { ...process.env, BERTH_URL: url, BERTH_SPACE: "default", NO_COLOR: "1" };
  const child = spawn(process.execPath, [main, ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, out, err };
}

/** What a command answers with `--json`, a line for each. */
async function answers<Answer = { id: string }>(...words: string[]): Promise<Answer[]> {
  const { code, out, err } = await berth(...words, "--json");
  expect([code, err]).toEqual([0, ""]);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const script = (content: string): string[] => ["--target", "local", "--script", content];

describe("enqueue", () => {
  test("waits for a deploy, shows its output, and ends with 0 when it succeeded", async () => {
    const ran = await berth(
      "enqueue",
      "deploy",
      "--name",
      "shop",
      "--wait",
      ...script("echo deployed; echo odd >&2"),
    );
    expect(ran.code).toBe(0);
    expect(ran.out + ran.err).toMatch(/deployed/);
    expect(ran.out + ran.err).toMatch(/odd/);
    expect(ran.err).toMatch(/Enqueued [kt]-/);
  });

  test("ends with 1 when the task failed, and with the reason", async () => {
    const ran = await berth("enqueue", "deploy", "--wait", ...script("echo no such disk >&2; exit 3"));
    expect(ran.code).toBe(1);
    expect(ran.out + ran.err).toContain("no such disk");
  });

  test("gives the same task for the same key, and refuses another body", async () => {
    const key = ["--key", "release 7"];
    const [first] = await answers("enqueue", "job", ...key, ...script("true"));
    const [again] = await answers("enqueue", "job", ...key, ...script("true"));
    expect(again).toMatchObject({ id: first!.id, existing: true });
    const other = await berth("enqueue", "job", ...key, ...script("false"));
    expect(other.code).toBe(5);
    expect(other.err).toContain("use a new idempotency key");
  });

  test.for([
    ["a target that does not exist", 4, "nowhere", ["job", "--target", "nowhere", "--script", "true"]],
    ["a kind that does not exist", 2, "deplyo", ["deplyo", ...script("true")]],
    ["a negative timeout", 2, "timeout", ["job", "--timeout=-5s", ...script("true")]],
    ["nothing to run", 2, "script", ["job", "--target", "local"]],
    ["no target", 2, "--target", ["job", "--script", "true"]],
    [
      "a file that is not there",
      2,
      "missing.sh",
      ["job", "--target", "local", "--script-file", "missing.sh"],
    ],
  ] as const)("tells what is wrong with %s", async ([, code, named, words]) => {
    const ran = await berth("enqueue", ...words);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(named);
    expect(ran.out).toBe("");
    expect(ran.err).not.toContain("    at ");
  });

  test("tells that a script over 1 MiB is too large, and what to do", async () => {
    const file = join(folder, "large.sh");
    await writeFile(file, `# ${"x".repeat(1024 * 1024)}\ntrue\n`);
    const ran = await berth("enqueue", "job", "--target", "local", "--script-file", file);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("1048576 bytes; send less, or let the script fetch");
  });
});

describe("looking and helping", () => {
  test("tasks and logs show what was enqueued and written", async () => {
    const [{ id }] = (await answers(
      "enqueue",
      "job",
      "--name",
      "listed",
      ...script("echo one; echo two"),
    )) as [{ id: string }];
    expect((await berth("wait", id)).code).toBe(0);
    const { out } = await berth("tasks", "--name", "listed");
    expect(out).toContain(id);
    expect(out).toContain("succeeded");
    expect((await berth("logs", id)).out).toMatch(/one[\s\S]*two/);
  });

  test("why names the task in the way, and hold the hold", async () => {
    const go = join(folder, "go");
    const slot = ["--mutex", "why"];
    const first = await answers(
      "enqueue",
      "deploy",
      ...slot,
      ...script(`until [ -e '${go}' ]; do sleep 0.05; done`),
    );
    const second = await answers("enqueue", "deploy", ...slot, ...script("true"));
    expect((await berth("why", second[0]!.id)).out).toContain(first[0]!.id);
    const reason = "the database moves";
    const hold = await answers("hold", "place", "--reason", reason, "--kind", "job", "--target", "local");
    const job = await answers("enqueue", "job", "--mutex", "held", ...script("true"));
    expect((await berth("why", job[0]!.id)).out).toContain(reason);
    expect((await berth("hold", "list")).out).toContain(reason);
    expect((await berth("hold", "lift", hold[0]!.id)).code).toBe(0);
    expect((await berth("wait", job[0]!.id)).code).toBe(0);
    await writeFile(go, "");
    expect((await berth("wait", second[0]!.id)).code).toBe(0);
  });

  test("a task whose worker is killed is parked in the end: dead, oops, and the way back", async () => {
    expect((await berth("target", "policy", "local", "--attempts", "job=1")).code).toBe(0);
    const again = join(folder, "again");
    const poison = script(`[ -e '${again}' ] || kill -KILL $$`);
    const ran = await berth("enqueue", "job", "--name", "poison", "--wait", ...poison);
    expect(ran.code).toBe(13);
    const [parked] = await answers<{ items: { id: string; name: string }[] }>("dead", "list");
    const [dead] = parked!.items;
    expect(dead).toMatchObject({ name: "poison" });
    const [oops] = await answers<{ items: { type: string }[] }>("oops", "list", "--task", dead!.id);
    expect(oops!.items).toMatchObject([{ type: "ScriptCrashed" }]);
    await writeFile(again, "");
    expect((await berth("dead", "release", dead!.id)).code).toBe(0);
    expect((await berth("wait", dead!.id)).code).toBe(0);
  });
});

describe("a command that finds", () => {
  test("no such task ends with 4", async () => {
    const ran = await berth("why", "t-nothing");
    expect(ran.code).toBe(4);
    expect(ran.err).toContain("t-nothing");
  });

  test("a task that has ended, to cancel it, ends with 5", async () => {
    const [task] = await answers("enqueue", "job", ...script("true"));
    expect((await berth("wait", task!.id)).code).toBe(0);
    expect((await berth("cancel", task!.id)).code).toBe(5);
  });

  test("no server ends with 3, and names the address", async () => {
    const ran = await berth("tasks", "--url", "http://127.0.0.1:1");
    expect(ran.code).toBe(3);
    expect(ran.err).toContain("http://127.0.0.1:1");
  });
});

test("a deploy that is followed is cancelled from elsewhere, and both say so", async () => {
  const begun = join(folder, "begun");
  const words = ["--mutex", "cancel", "--cancel-grace", "200ms"];
  const [task] = await answers("enqueue", "deploy", ...words, ...script(`touch '${begun}'; sleep 3600`));
  const waiting = berth("wait", task!.id);
  await eventually("it runs", () => existsSync(begun));
  expect((await berth("cancel", task!.id, "--reason", "wrong release")).code).toBe(0);
  const waited = await waiting;
  expect(waited.code).toBe(10);
});
