import { defineConfig } from "vitest/config";

// Unit and thorough tests need nothing but this repository; thorough ones train, fuzz or write in git for seconds and are left to `npm test`, so that unit tests stay quick enough for every day; parity reads ../shared; integration starts real processes on dist/ (where CI runs them, a failed one is tried once more and said so).
const expect = { poll: { timeout: 15_000 } }; // A second, as it is by default, is not much on a busy machine.

const thorough = [
  "test/core/train/{trainer,quantised,sharedPrefix,checkpointing,guard}.test.ts", "test/core/model/{baseFuzz,adapter/adapterFuzz,gguf/ggufModel}.test.ts", "test/core/text/jinja.test.ts",
  "test/core/generate/generate.test.ts", "test/golden/arch.test.ts", "test/node/preparedBases.test.ts", "test/project/versions.test.ts", "test/worker/**/*.test.ts",
  "test/core/data/{convert,incremental}.test.ts", "test/core/data/content/compareRows.test.ts", "test/core/text/{tokenizerFuzz,rowMap}.test.ts", "test/core/graph/stored.test.ts",
  "test/project/{journal,runFilesFuzz}.test.ts", "test/node/{datasetRows,processes}.test.ts", "test/node/parquet/parquetFile.test.ts", "test/cli/check.test.ts", "test/node/randomBytes.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      { test: { expect, name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/parity/**", "test/integration/**", "test/vscode/**", ...thorough], setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" } } },
      { test: { expect, name: "thorough", include: thorough, setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" } } },
      { test: { expect, name: "parity", include: ["test/parity/**/*.test.ts"], setupFiles: ["test/seed.ts"], testTimeout: 120_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
      { test: { expect, name: "integration", include: ["test/integration/**/*.test.ts"], retry: process.env.CI ? 1 : 0, testTimeout: 180_000, hookTimeout: 180_000, env: { ORT_DISABLE_TELEMETRY: "1" }, fileParallelism: false } },
    ],
  },
});
