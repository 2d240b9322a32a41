/** Rotary frequencies as transformers has them, at the sizes of real models (test/golden/rope): far positions multiply every rounding. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseModelConfig } from "../../../../src/core/model/family/config";
import { ropeFrequencies, ropeTables } from "../../../../src/core/model/decoder/rope";

interface Row { config: Record<string, unknown>; length: number; attention_factor: number; frequencies: number[] }
const rows = JSON.parse(readFileSync(join(__dirname, "../../../golden/rope/frequencies.json"), "utf8")) as Record<string, Row>;

test.each(Object.entries(rows))("%s", (name, { config, length, attention_factor, frequencies }) => {
  const { rotarySize, layers: [layer] } = parseModelConfig(JSON.stringify(config), name);
  const found = ropeFrequencies(layer!.rope!, rotarySize, length);
  expect(found).toHaveLength(frequencies.length);
  // One unit in the last place: PyTorch's power is not rounded better than that. All but three of these 672 are equal.
  found.forEach((frequency, i) => expect(Math.abs(frequency / frequencies[i]! - 1), `pair ${i}`).toBeLessThan(2 ** -23));
  const { cos, sin } = ropeTables(layer!.rope!, rotarySize, 2, length);
  // Position 0 is turned by nothing: what is left is the factor.
  expect(cos[0]).toBeCloseTo(attention_factor, 6);
  expect([cos[rotarySize / 2], sin[rotarySize / 2]]).toEqual([Math.cos(frequencies[0]!), Math.sin(frequencies[0]!)].map((x) => Math.fround(x * attention_factor)));
});

test("linear scaling divides the frequencies", () => {
  const plain = ropeFrequencies({ kind: "default", theta: 10000 }, 8, 16), stretched = ropeFrequencies({ kind: "linear", theta: 10000, factor: 4 }, 8, 16);
  expect([...stretched].map((f) => f * 4)).toEqual([...plain]);
});
