// Brings a clone to a state in which it runs. Silent and quick when nothing is left to do.
// Plain JavaScript without dependencies, for Node 20 and newer: it runs before anything is installed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { InstallError, install } from "./install.mjs";
import { withLock } from "./lock.mjs";
import { findNode, nodeMissingMessage, removeUnusableNode } from "./node.mjs";
import { isInstalled, writeStamp } from "./stamp.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Answers the path of the Node to run the sources with. Ends the process with a message if that cannot be had. */
export async function setUp() {
  try {
    if (!isInstalled(root)) await installOnce();
  } catch (error) {
    console.error(error instanceof InstallError ? error.message : `Setting up failed: ${error.message}`);
    process.exit(1);
  }
  const node = findNode(root);
  if (node === undefined) {
    console.error(nodeMissingMessage(root));
    process.exit(1);
  }
  return node;
}

async function installOnce() {
  const onWait = (pid) => console.error(`Another command (process ${pid}) is setting up; waiting for it…`);
  await withLock(
    join(root, ".berth", "setup.lock"),
    async () => {
      if (isInstalled(root)) return;
      // On stderr: what a program prints for other programs stays clean.
      const fresh = !existsSync(join(root, "node_modules"));
      console.error(fresh ? "Setting up (first time, about a minute)…" : "Installing changed dependencies…");
      const startedMs = Date.now();
      await install(root);
      removeUnusableNode(root);
      writeStamp(root);
      console.error(`Ready after ${Math.round((Date.now() - startedMs) / 1000)} s.`);
    },
    onWait,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await setUp();
