// Three groups, one after the other, so that nothing that looks at the time runs beside what needs all of the machine.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from "vitest/config";

const all = ["test/**/*.test.ts", "packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"];

/** They start servers and processes of services, and wait for these more than they compute. */
const withServers = [
  "test/{broker,store}/{rabbitmq,redis}/**/*.test.ts",
  "test/contract/*/{rabbitmq,redis}*.test.ts",
  "test/{compose,e2e,servers,services,standalone}/**/*.test.ts",
];

/** They measure how soon what was killed has been replaced, so each has the machine for itself. */
const alone = ["test/chaos/**/*.test.ts"];

const cores = availableParallelism();

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    // Generous, since a slow machine is no failure: tests wait on signals and not on time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // A forgotten `.only` would hide every other test.
    allowOnly: process.env.BERTH_TEST_REQUIRE !== "all",
    restoreMocks: true,
    projects: [
      // Vitest would leave one core idle.
      group(0, { name: "in-process", include: all, exclude: [...withServers, ...alone], maxWorkers: cores }),
      group(1, {
        name: "with-servers",
        include: withServers,
        maxWorkers: Math.max(2, Math.floor(cores / 2)),
      }),
      group(2, { name: "alone", include: alone, maxWorkers: 1 }),
    ],
  },
});

function group(
  groupOrder: number,
  test: NonNullable<TestProjectInlineConfiguration["test"]>,
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      ...test,
      exclude: ["**/node_modules/**", ...(test.exclude ?? [])],
      sequence: { groupOrder },
      // What the servers that tests share come from; none is started before a test file asks for it.
      globalSetup: ["test/support/servers/global-setup.ts"],
    },
  };
}

export default config;
