/** The committed starter base: it is small, whole, and reads with the tokenizer that the scripts make. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { tokenizerFiles, trainBpe } from "../../../scripts/starter/bpe";
import { documents } from "../../../scripts/starter/corpus";
import { demoPrompts, instructionSets } from "../../../scripts/starter/instructions";
import { generationConfig, modelConfig, rowSeed, setSizes, tokenizerDocuments, tokenizerSeed } from "../../../scripts/starter/recipe";
import { take } from "../../../scripts/starter/random";
import { loadBase } from "../../../src/core/model/base";
import { checkRunConfig } from "../../../src/core/train/parseConfig";
import { openFolder } from "../../../src/node/files";

const folder = resolve(__dirname, "../../../starter/base");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

test("the base opens and holds what its config says, in at most 4 MB", async () => {
  const base = await loadBase(openFolder(folder));
  expect(base.tokenizer.vocabularySize).toBe(modelConfig.vocab_size);
  expect([...base.weights.values()].every(({ dtype }) => dtype === "float16")).toBe(true);
  expect(JSON.parse(read("config.json"))).toEqual(modelConfig);
  expect(JSON.parse(read("generation_config.json"))).toEqual(generationConfig);
  expect(readdirSync(folder).reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0)).toBeLessThanOrEqual(4_000_000);
});

test("the tokenizer is the one that the scripts make", () => {
  const bpe = trainBpe([...take(documents(tokenizerSeed), tokenizerDocuments)].map((text) => ` ${text}`), modelConfig.vocab_size);
  for (const [name, text] of Object.entries(tokenizerFiles(bpe, modelConfig.max_position_embeddings))) expect(read(name)).toBe(text);
}, 20_000);

test("the tuning config and the demo prompts fit the rows", () => {
  const config = checkRunConfig(JSON.parse(readFileSync(resolve(folder, "../starter.tune.json"), "utf8")), "starter.tune.json");
  expect([config.base, config.data, config.eval]).toEqual(["starter", "train.jsonl", "heldout.jsonl"]);
  const { train } = instructionSets(rowSeed, setSizes);
  const plain = (text: string): string => text.toLowerCase().replace(/[.?]$/, "");
  const tuned = new Set(train.map(({ instruction }) => plain(instruction)));
  expect(demoPrompts.filter((prompt) => tuned.has(plain(prompt)))).toEqual([]);
  expect(readFileSync(resolve(folder, "../prompts.jsonl"), "utf8").trim().split("\n").map((line) => (JSON.parse(line) as { prompt: string }).prompt)).toEqual(demoPrompts);
});
