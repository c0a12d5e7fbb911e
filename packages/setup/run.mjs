// Sets the clone up if need be and then runs a program of it: `node packages/setup/run.mjs <program.ts> [arguments]`.
// Not `setup && node program`: a shell remembers where it found `node` the first time, so that on a machine with an older Node the
// program would miss the one that setup has just installed; and npm's signals would end the shell and not the program.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root, setUp } from "./setup.mjs";

/**
 * A dispatcher under load makes much that lives for a fraction of a second; with the usual 16 MiB of young memory a good
 * part of it is moved to the old one before it dies.
 */
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=64"];

/** Becomes the program, where the running Node can, or runs it as a child and ends as it ends. `program` is relative to the root. */
export async function runProgram(program, programArguments) {
  const node = await setUp();
  const arguments_ = [...nodeFlags, resolve(root, program), ...programArguments];
  const environment = { ...process.env, PATH: pathWith(node) };
  if (process.execve !== undefined && process.platform !== "win32") {
    process.execve(node, [node, ...arguments_], environment);
  }
  await runChild(node, arguments_, environment);
}

/** Whatever the program starts by the name `node` is the same Node. */
function pathWith(node) {
  const current = process.env.PATH ?? "";
  const folders = [join(root, "node_modules", ".bin"), dirname(node)];
  return [...folders.filter((folder) => !current.split(delimiter).includes(folder)), current].join(delimiter);
}

function runChild(node, arguments_, environment) {
  const child = spawn(node, arguments_, { stdio: "inherit", env: environment });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  // A terminal sends ^C to both; a second one would look like a user who insists.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  return new Promise(() => {
    child.on("error", (error) => {
      console.error(`${node} could not be started: ${error.message}`);
      process.exit(1);
    });
    child.on("close", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program, ...programArguments] = process.argv.slice(2);
  await runProgram(program, programArguments);
}
