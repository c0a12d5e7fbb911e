// `npm test`: runs the tests, passes further arguments on to Vitest (file filters, `-t name`), lists what was skipped and why, and
// ends with the counts on a line of their own. BERTH_TEST_REQUIRE=all makes a skipped test a failure of the run.
import { fileURLToPath } from "node:url";
import { parseCLI, startVitest } from "vitest/node";
import { countLine, exitCodeOf, outcomeOf, skipLines } from "./support/outcome.ts";

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
if (options.root === undefined) {
  options.root = fileURLToPath(new URL("..", import.meta.url));
  options.config ??= fileURLToPath(new URL("vitest.config.ts", import.meta.url));
}

const vitest = await startVitest(filter, { ...options, watch: false });
const narrowed = options.testNamePattern !== undefined;
const outcome = outcomeOf(vitest.state.getTestModules(), vitest.state.getUnhandledErrors(), narrowed);
await vitest.close();

const exitCode = exitCodeOf(outcome, process.env.BERTH_TEST_REQUIRE === "all");
const lines = [...skipLines(outcome.skips)];
if (outcome.passed + outcome.failed === 0) lines.push("No test ran.");
if (exitCode !== 0 && outcome.failed === 0 && outcome.skips.length > 0) {
  lines.push("BERTH_TEST_REQUIRE=all: a skipped test is a failure of the run.");
}
process.stdout.write(`${[...lines, countLine(outcome)].join("\n")}\n`, () => process.exit(exitCode));
