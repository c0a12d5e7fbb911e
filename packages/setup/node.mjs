// Which Node runs the sources. Berth needs 24, where TypeScript runs as it is; a machine may bring an older one, and then the
// optional dependencies `node-<platform>-<cpu>` of the root supply it. This file itself must run on Node 20.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const nodeMajorMin = 24;

/** The path of a Node that can run the sources, or undefined. Prefers the one that is running: no other start is needed then. */
export function findNode(root, running = process) {
  if (majorOf(running.version) >= nodeMajorMin) return running.execPath;
  const supplied = suppliedNode(root);
  return runs(supplied) ? supplied : undefined;
}

/** The supplied Node is first on the PATH of every script; where it does not start, it must not hide one that does. */
export function removeUnusableNode(root) {
  const supplied = suppliedNode(root);
  if (existsSync(supplied) && !runs(supplied)) rmSync(supplied);
}

function suppliedNode(root) {
  return join(root, "node_modules", ".bin", "node");
}

/** What to tell a person whose machine has no Node that can run Berth. */
export function nodeMissingMessage(root, running = process) {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const platforms = Object.keys(optionalDependencies ?? {}).map((name) => name.replace(/^node-/, ""));
  return [
    `Berth needs Node ${nodeMajorMin} or newer; this is Node ${running.version} (${running.execPath}).`,
    `On ${platforms.join(", ")} a suitable Node is installed along with the dependencies; there is none for`,
    `${running.platform}-${running.arch}, or it does not start on this machine (musl libc, for instance).`,
    "",
    `Install Node ${nodeMajorMin} and run the command again:`,
    `  https://nodejs.org/en/download   or   nvm install ${nodeMajorMin}   or   fnm use ${nodeMajorMin}`,
  ].join("\n");
}

function majorOf(version) {
  return Number(version.replace(/^v/, "").split(".")[0]);
}

function runs(executable) {
  try {
    const version = execFileSync(executable, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return majorOf(version) >= nodeMajorMin;
  } catch {
    return false;
  }
}
