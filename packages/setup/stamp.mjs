// How setup knows that nothing is left to do: node_modules holds the hash of everything an install depends on.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const stampPath = join("node_modules", ".berth-setup");
/** `npm install`, run out of habit, leaves this behind and only a part of what is needed. */
const npmTracePath = join("node_modules", ".package-lock.json");

/** True when node_modules was installed from the manifests and the lock file as they are now. */
export function isInstalled(root) {
  return read(join(root, stampPath)) === fingerprint(root) && !existsSync(join(root, npmTracePath));
}

export function writeStamp(root) {
  rmSync(join(root, npmTracePath), { force: true });
  writeFileSync(join(root, stampPath), fingerprint(root));
}

function fingerprint(root) {
  // A clone may be shared with another machine or container, whose binaries are not these.
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}\n`);
  for (const path of inputs(root)) hash.update(`${path}\n${read(join(root, path)) ?? ""}\n`);
  return hash.digest("hex");
}

function inputs(root) {
  const members = ["packages", "services"].flatMap((room) =>
    folders(join(root, room)).map((name) => `${room}/${name}`),
  );
  const manifests = [...members, "test"].map((member) => `${member}/package.json`);
  return ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests];
}

function folders(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
