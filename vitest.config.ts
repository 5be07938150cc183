import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{config,gateway,infra,policies,stacks,cli,samples,provision,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // The gateway is tested as it ships: built, in a process of its own.
    globalSetup: "gateway/test/support/build.ts",
    pool: "forks",
    testTimeout: 20_000,
    maxConcurrency: 16,
    // Engine and cluster tests change one machine: one file at a time.
    fileParallelism: false,
    reporters: ["default", "./test/summary-reporter.ts"],
  },
});
