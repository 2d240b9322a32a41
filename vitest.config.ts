import { defineConfig } from "vitest/config";

// Unit tests need nothing but this repository; parity reads ../shared; integration starts real processes on dist/.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/parity/**", "test/integration/**", "test/vscode/**"], setupFiles: ["test/seed.ts"], testTimeout: 30_000, env: { ORT_DISABLE_TELEMETRY: "1" } } },
      { test: { name: "parity", include: ["test/parity/**/*.test.ts"], setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
    ],
  },
});
