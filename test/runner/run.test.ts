import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const runner = fileURLToPath(new URL("../run.ts", import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-runner-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the test runner", { concurrent: false }, () => {
  test("counts what passed, failed and was skipped, files that do not load and errors outside of tests", async () => {
    await writeFile(
      join(folder, "mixed.test.js"),
      `test("passes", () => {});
       test("fails", () => { throw new Error("expected by the fixture"); });
       test("is skipped", { skip: true, meta: { skipReason: "the moon is full" } }, () => {});
       test("skips itself", (context) => context.skip("it is Monday"));
       describe("broken", () => { beforeAll(() => { throw new Error("no set-up"); }); test("never runs", () => {}); });
       describe("dark", { skip: true, meta: { skipReason: "the moon is full" } }, () => { test("inherits", () => {}); });`,
    );
    await writeFile(join(folder, "unloadable.test.js"), `throw new Error("does not load");`);
    const run = await runTests();
    expect(run.lines.at(-1)).toBe("1 passed, 3 failed, 3 skipped");
    expect(run.exitCode).toBe(1);
    expect(run.lines).toContain("2 skipped, because the moon is full:");
    expect(run.lines).toContain("1 skipped, because it is Monday:");
    expect(run.lines).toContain("  - mixed.test.js > dark > inherits");
  });

  test("succeeds with a skip, unless everything is required", async () => {
    await writeFile(
      join(folder, "skip.test.js"),
      `test("passes", () => {}); test("other", (context) => context.skip("it is Monday"));`,
    );
    const relaxed = await runTests();
    expect([relaxed.exitCode, relaxed.lines.at(-1)]).toEqual([0, "1 passed, 0 failed, 1 skipped"]);
    const strict = await runTests([], { BERTH_TEST_REQUIRE: "all" });
    expect([strict.exitCode, strict.lines.at(-1)]).toEqual([1, "1 passed, 0 failed, 1 skipped"]);
  });

  test("leaves out of the counts what a name filter leaves out, and fails when nothing is left", async () => {
    await writeFile(join(folder, "names.test.js"), `test("one", () => {}); test("two", () => {});`);
    const one = await runTests(["-t", "one"]);
    expect([one.exitCode, one.lines.at(-1)]).toEqual([0, "1 passed, 0 failed"]);
    const none = await runTests(["no-such-file"]);
    expect([none.exitCode, none.lines.at(-1)]).toEqual([1, "0 passed, 0 failed"]);
  });
});

interface Run {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

function runTests(
  runnerArguments: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const arguments_ = [runner, "--root", folder, "--globals", "--no-color", ...runnerArguments];
  return new Promise((resolve) => {
    const options = { env: { ...cleanEnvironment(), ...environment } };
    const child = execFile(process.execPath, arguments_, options, (_error, stdout) => {
      resolve({ exitCode: child.exitCode ?? -1, lines: stdout.trimEnd().split("\n") });
    });
  });
}

/** Without what the outer run tells its workers, which would confuse the inner one. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const outer = /^(VITEST|TEST$|NODE_ENV$|BERTH_TEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}
