import { userInfo } from "node:os";
import process from "node:process";
import { BerthClient } from "@berth/client";
import type { Dependencies } from "./dependencies.ts";
import { run } from "./run.ts";

/** A person waits for the answer: a server that is not there is told within two seconds. */
const retries = { attempts: 4 };

const dependencies: Dependencies = {
  createClient: (options) => new BerthClient({ ...options, retries }),
  fetch: (url, request) => fetch(url, request),
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  clock: { now: () => Date.now() },
  user: userName(),
  onInterrupt: (listener) => {
    process.once("SIGINT", listener);
    return () => process.off("SIGINT", listener);
  },
};

// Whoever reads the output has seen enough, e.g. `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await run(process.argv.slice(2), dependencies);

/** In a container there may be a user id without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `user ${process.getuid?.() ?? ""}`.trim();
  }
}
