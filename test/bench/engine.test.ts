// The benchmark on little: its figures say nothing then, but all of them are there, and the laws are checked.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

async function bench(...words: string[]): Promise<{ code: number; lines: string[] }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words]);
    return { code: 0, lines: stdout.trimEnd().split("\n") };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, lines: stderr.trimEnd().split("\n") };
  }
}

test("the engine's benchmark ends with one line of JSON that has its figures, raw ones too", async () => {
  const small = ["--targets", "300", "--tasks", "250", "--rounds", "2", "--waiting", "2000"];
  const { code, lines } = await bench("engine", ...small, "--json");
  expect(code).toBe(0);
  const figures = JSON.parse(lines.at(-1) ?? "");
  const positive = expect.toSatisfy((value: unknown) => typeof value === "number" && value > 0, "positive");
  const both = { 1000: [positive, positive], 2000: [positive, positive] };
  expect(figures).toMatchObject({
    commandsPerSecond: { 1000: positive, 2000: positive },
    growthRatio: positive,
    bytesPerWaitingLeg: positive,
    loadSeconds: expect.any(Number),
    rounds: { microsPerSubmitAndFinish: both, cpuMicrosPerSubmitAndFinish: both },
    overlaps: 0,
    versions: { node: process.versions.node },
    cores: positive,
    seed: expect.any(Number),
  });
  expect(lines.join("\n")).toMatch(/2000 waiting\D+ratio/);
});

test("a wrong number or an unknown benchmark is told with what is expected", async () => {
  const many = await bench("engine", "--targets", "many");
  expect(many).toMatchObject({
    code: 2,
    lines: [expect.stringContaining('--targets is "many"'), expect.anything()],
  });
  const unknown = await bench("engines");
  expect(unknown).toMatchObject({
    code: 2,
    lines: [expect.stringContaining('"engines"'), expect.stringContaining("embedded | engine")],
  });
});
