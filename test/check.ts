// `npm run check`: format and lint, types, and the rules of the repository about itself, side by side. Prints what failed.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Part {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly remedy: string;
}

interface PartResult {
  readonly part: Part;
  readonly exitCode: number;
  readonly output: string;
  readonly seconds: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));

const parts: readonly Part[] = [
  {
    name: "format and lint",
    command: ["biome", "check", "--error-on-warnings", "."],
    remedy: "npm run format mends most of it",
  },
  { name: "types", command: ["tsc", "--build"], remedy: "see the places above" },
  { name: "tidy", command: ["node", "test/run.ts", "test/tidy"], remedy: "see the rules in test/tidy" },
];

const results = await Promise.all(parts.map(run));
for (const result of results.filter(({ exitCode }) => exitCode !== 0))
  console.log(`${result.output.trimEnd()}\n`);
for (const { part, exitCode, seconds } of results) {
  const verdict = exitCode === 0 ? "ok" : `FAILED: ${part.remedy}`;
  console.log(`${part.name.padEnd(16)} ${seconds.toFixed(1).padStart(5)} s   ${verdict}`);
}
process.exitCode = results.every(({ exitCode }) => exitCode === 0) ? 0 : 1;

function run(part: Part): Promise<PartResult> {
  const startedMs = performance.now();
  const [command, ...commandArguments] = part.command;
  return new Promise((resolve) => {
    let output = "";
    const finish = (exitCode: number): void =>
      resolve({ part, exitCode, output, seconds: (performance.now() - startedMs) / 1000 });
    const child = spawn(command, commandArguments, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    child.on("error", (error) => {
      output += `${command} did not start: ${error.message}`;
      finish(127);
    });
    child.on("close", (exitCode) => finish(exitCode ?? 1));
  });
}
