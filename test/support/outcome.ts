// What a run of the tests came to, in numbers and in words. Reads Vitest's results and nothing else.
import type { TestCase, TestModule, TestSuite } from "vitest/node";
import "./skip.ts";

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
}

const noReason = "no reason is given";

/**
 * Counts tests. A file that does not load, a hook of a suite that fails and an error outside of any test count as one failure each.
 * With `narrowed`, when a name filter or `.only` is in force, a skip without a reason is a test that was not asked for.
 */
export function outcomeOf(
  modules: readonly TestModule[],
  unhandledErrors: readonly unknown[],
  narrowed: boolean,
): Outcome {
  let passed = 0;
  let failed = unhandledErrors.length;
  const skips: Skip[] = [];
  for (const module of modules) {
    const suites = [module, ...module.children.allSuites()];
    failed += suites.filter((suite) => suite.errors().length > 0).length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed += 1;
      else if (state !== "skipped") failed += 1;
      else if (skipReasonOf(test) !== undefined || !(narrowed || isBelowBrokenSuite(test))) {
        skips.push({
          test: `${module.relativeModuleId} > ${test.fullName}`,
          reason: skipReasonOf(test) ?? noReason,
        });
      }
    }
    // Loaded badly in a way that Vitest reports for the file only.
    if (module.state() === "failed" && module.ok() && module.errors().length === 0) failed += 1;
  }
  return { passed, failed, skips };
}

/** `N passed, N failed`, and `, N skipped` where something was skipped. */
export function countLine({ passed, failed, skips }: Outcome): string {
  const counts = `${passed} passed, ${failed} failed`;
  return skips.length === 0 ? counts : `${counts}, ${skips.length} skipped`;
}

/** One paragraph for each reason, with the tests it kept from running. Empty if there are none. */
export function skipLines(skips: readonly Skip[]): string[] {
  return [...Map.groupBy(skips, (skip) => skip.reason)].flatMap(([reason, group]) => [
    `${group.length} skipped, because ${reason}:`,
    ...group.map((skip) => `  - ${skip.test}`),
  ]);
}

/** Success takes at least one test that passed, none that failed and, where everything is required, none that was skipped. */
export function exitCodeOf({ passed, failed, skips }: Outcome, everythingRequired: boolean): 0 | 1 {
  return passed === 0 || failed > 0 || (everythingRequired && skips.length > 0) ? 1 : 0;
}

function skipReasonOf(test: TestCase): string | undefined {
  const result = test.result();
  if (result.state === "skipped" && result.note !== undefined) return result.note;
  return ancestry(test)
    .find((task) => task.meta().skipReason !== undefined)
    ?.meta().skipReason;
}

/** The tests below a suite whose set-up failed did not run; that failure is counted, they are no skips. */
function isBelowBrokenSuite(test: TestCase): boolean {
  return ancestry(test).some((task) => task.type !== "test" && task.errors().length > 0);
}

function ancestry(test: TestCase): (TestCase | TestSuite | TestModule)[] {
  const chain: (TestCase | TestSuite | TestModule)[] = [test];
  let parent: TestSuite | TestModule | undefined = test.parent;
  while (parent !== undefined) {
    chain.push(parent);
    parent = parent.type === "suite" ? parent.parent : undefined;
  }
  return chain;
}
