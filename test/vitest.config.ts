import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts", "packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"],
    // What the servers that tests share come from; none is started before a test file asks for it.
    globalSetup: ["test/support/servers/global-setup.ts"],
    // Generous, since a slow machine is no failure: tests wait on signals and not on time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A forgotten `.only` would hide every other test.
    allowOnly: process.env.BERTH_TEST_REQUIRE !== "all",
    restoreMocks: true,
  },
});

export default config;
