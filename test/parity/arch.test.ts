/** Every folder of ../shared/golden/arch, and every one under TUNESMITH_GOLDEN=<folder>, through the suite of model folders. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel } from "../../src/core/model/weights/weights";
import { openFolder } from "../../src/node/files";
import { describeGolden, goldenCases } from "../golden/archSuite";
import { hasShared, shared } from "../shared";

if (hasShared) for (const { name, path } of goldenCases(shared("golden", "arch"))) describeGolden(`golden/arch/${name}`, path);

const { TUNESMITH_GOLDEN: chosen } = process.env;
if (chosen !== undefined) {
  const root = resolve(chosen), cases = existsSync(root) ? goldenCases(root) : [];
  if (cases.length === 0) throw new Error(`TUNESMITH_GOLDEN=${chosen}: ${existsSync(root) ? "no folder there holds a model in base/" : `${root} does not exist`}.`);
  for (const { name, path } of cases) describeGolden(`${chosen}: ${name}`, path, (line) => console.info(line));
}

describe.skipIf(!hasShared)("golden/arch, the odd ones", () => {
  test("GPT-2 under the names of its first release", async () => {
    const [old, current] = await Promise.all(["hub_names", "base"].map((part) => loadModel(openFolder(shared("golden", "arch", "gpt2", part)))));
    expect([...old!.weights.keys()].sort()).toEqual([...current!.weights.keys()].sort());
    expect(old!.config).toEqual({ ...current!.config, eosIds: old!.config.eosIds, architecture: old!.config.architecture });
  });
});
