import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{core,stores,config,gateway,infra,policies,stacks,cli,samples,provision,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // The gateway is tested as it ships: built, in a process of its own.
    globalSetup: "gateway/test/support/build.ts",
    pool: "forks",
    testTimeout: 20_000,
    // Real processes and sockets on a machine of two cores: a case for which there was no time is tried once more, and named.
    retry: process.env.CI ? 1 : 0,
    maxConcurrency: 16,
    // Engine and cluster tests change one machine: one file at a time.
    fileParallelism: false,
    reporters: ["default", "./test/summary-reporter.ts"],
  },
});
