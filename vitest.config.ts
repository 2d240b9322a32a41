import { defineConfig } from "vitest/config";

// Unit tests need nothing but this repository; parity reads ../shared; integration starts real processes on dist/.
const expect = { poll: { timeout: 15_000 } }; // A second, as it is by default, is not much on a busy machine.

export default defineConfig({
  test: {
    projects: [
      { test: { expect, name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/parity/**", "test/integration/**", "test/vscode/**"], setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" } } },
      { test: { expect, name: "parity", include: ["test/parity/**/*.test.ts"], setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
      { test: { expect, name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
    ],
  },
});
