// Installs the dependencies with the pnpm that package.json pins. Needs nothing but Node and npm on the machine.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const tailLines = 25;
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Throws InstallError, whose message is meant for a person, if the install does not succeed. */
export async function install(root) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = packageManager.replace(/^pnpm@/, "");
  // Tests and the compiler are needed whatever NODE_ENV says.
  const arguments_ = ["install", "--frozen-lockfile", "--prod=false", "--reporter=append-only"];
  const result =
    installedPnpm() === version
      ? await run(root, "pnpm", arguments_)
      : await run(root, "npx", ["--yes", `pnpm@${version}`, ...arguments_]);
  if (result.code !== 0) throw new InstallError(explain(result, version));
}

export class InstallError extends Error {}

function installedPnpm() {
  // Asked for its own version, pnpm would fetch and start the pinned one instead.
  const environment = {
    ...process.env,
    npm_config_manage_package_manager_versions: "false",
    COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  };
  const result = spawnSync("pnpm", ["--version"], {
    encoding: "utf8",
    env: environment,
    shell: process.platform === "win32",
  });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

function run(root, command, arguments_) {
  const windows = process.platform === "win32";
  return new Promise((resolve) => {
    let output = "";
    const collect = (chunk) => {
      output = (output + chunk).slice(-100_000);
    };
    // A process group of its own: npx starts a shell, which starts pnpm, and none of them passes a signal on.
    const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: windows, detached: !windows };
    const child = spawn(command, arguments_, options);
    // An install that outlives this process would write node_modules beside the next one.
    const stop = (signal) => {
      collect(`\nstopped by ${signal}`);
      if (windows) child.kill(signal);
      else process.kill(-child.pid, signal);
    };
    for (const signal of stopSignals) process.once(signal, stop);
    const finish = (code) => {
      for (const signal of stopSignals) process.off(signal, stop);
      resolve({ command, code, output });
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => {
      collect(error.message);
      finish(127);
    });
    child.on("close", (code) => finish(code ?? 1));
  });
}

function explain({ command, code, output }, version) {
  const tail = output
    .trimEnd()
    .split("\n")
    .slice(-tailLines)
    .map((line) => `  | ${line}`);
  return [
    `Setting up failed: ${command} ended with exit code ${code}.`,
    ...tail,
    "",
    hint(output, version),
  ].join("\n");
}

function hint(output, version) {
  if (/\nstopped by SIG/.test(output)) return "It was stopped. The next command begins again.";
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output))
    return `A package.json and pnpm-lock.yaml disagree. Run: npx pnpm@${version} install   and commit the lock file.`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(output))
    return "The package registry could not be reached. Check the network, a proxy or `npm config get registry`, and run the command again.";
  if (/ENOSPC/.test(output)) return "The disk is full. About 600 MB are needed.";
  if (/EACCES|EPERM/.test(output))
    return "A file could not be written. Check who owns this folder and its node_modules.";
  if (/ENOENT/.test(output) && /npx/.test(output))
    return "npx was not found. It comes with npm: https://nodejs.org/en/download";
  return "Run the command again; if it fails the same way, remove node_modules first.";
}
