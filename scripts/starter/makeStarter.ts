/** `npm run make:starter`: makes the starter base and its datasets again from nothing: prose, tokenizer, pretraining, tuning, figures, model card. */
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadBase } from "../../src/core/model/base";
import { writeSafetensors } from "../../src/core/model/safetensors";
import { pretrain } from "../../src/core/train/pretrain";
import { openFolder, writeFileAtomic } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { createEncoder, eosId, tokenizerFiles, trainBpe } from "./bpe";
import { modelCard } from "./card";
import { documents, families } from "./corpus";
import { instructionSets, toJsonl } from "./instructions";
import { take } from "./random";
import { corpusSeed, generationConfig, modelConfig, pretraining, rowSeed, setSizes, tokenizerDocuments, tokenizerSeed } from "./recipe";
import { tuneAndEvaluate } from "./tuneStarter";

const root = resolve(__dirname, "../..");
const baseFolder = join(root, "starter/base");
const logFile = join(root, "out/starter/pretrain.jsonl");
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const { values } = parseArgs({ options: {
  steps: { type: "string", default: String(pretraining.steps) },
  threads: { type: "string" },
  /** Leaves the base as it is and makes rows, figures and card again. */
  "keep-base": { type: "boolean", default: false },
} });
const steps = Number(values.steps);

/** What the corpus becomes: a stream of exactly `length` ids, each document opening with a blank and closing with the end token. */
const packTokens = (encode: (text: string) => number[], length: number): { tokens: Uint16Array; documents: number } => {
  const tokens = new Uint16Array(length);
  let at = 0, used = 0;
  for (const text of documents(corpusSeed)) {
    used++;
    for (const id of [...encode(` ${text}`), eosId]) {
      if (at === length) return { tokens, documents: used };
      tokens[at++] = id;
    }
  }
  throw new Error("the corpus has an end");
};

const makeBase = async (): Promise<{ documents: number; loss: number; seconds: number }> => {
  const bpe = trainBpe([...take(documents(tokenizerSeed), tokenizerDocuments)].map((text) => ` ${text}`), modelConfig.vocab_size);
  const { contextLength, batchSize } = pretraining;
  // One token more than the windows hold: the last window's last target.
  const packed = packTokens(createEncoder(bpe), steps * batchSize * contextLength + 1);
  console.log(`${packed.documents} documents, ${packed.tokens.length} tokens`);
  for (const [name, text] of Object.entries(tokenizerFiles(bpe, modelConfig.max_position_embeddings))) await writeFileAtomic(join(baseFolder, name), text);
  await writeFileAtomic(join(baseFolder, "config.json"), json(modelConfig));
  await writeFileAtomic(join(baseFolder, "generation_config.json"), json(generationConfig));

  const started = performance.now(), recent: number[] = [];
  const { weights } = await pretrain({
    runtime: await createOrtRuntime(values.threads === undefined ? {} : { threads: Number(values.threads) }),
    config: modelConfig, tokens: packed.tokens, ...pretraining, betas: [...pretraining.betas], steps,
    onStep: (report) => {
      recent.push(report.loss);
      if (recent.length > 200) recent.shift();
      if (report.step % 50 !== 0) return;
      const loss = recent.slice(-50).reduce((sum, value) => sum + value, 0) / Math.min(50, recent.length);
      appendFileSync(logFile, `${JSON.stringify({ ...report, loss })}\n`);
      console.log(`step ${report.step}/${steps}  loss ${loss.toFixed(4)}  lr ${report.learningRate.toExponential(2)}  ${Math.round(report.tokensPerSecond)} tokens/s`);
    },
  });
  const tensors = [...weights].map(([name, tensor]) => ({ name, ...tensor }));
  await writeFileAtomic(join(baseFolder, "model.safetensors"), writeSafetensors(tensors, { dtype: "F16", metadata: { format: "pt" } }));
  return { documents: packed.documents, loss: recent.reduce((sum, value) => sum + value, 0) / recent.length, seconds: (performance.now() - started) / 1000 };
};

const main = async (): Promise<void> => {
  mkdirSync(join(root, "out/starter"), { recursive: true });
  mkdirSync(baseFolder, { recursive: true });
  const sets = instructionSets(rowSeed, setSizes);
  for (const [name, rows] of Object.entries(sets)) await writeFileAtomic(join(root, "starter", `${name}.jsonl`), toJsonl(rows));
  console.log(`${families.length} families; rows: ${sets.train.length} for tuning, ${sets.heldout.length} held out, ${sets.novel.length} novel`);

  const madeFile = join(baseFolder, "pretraining.json");
  if (!values["keep-base"]) {
    rmSync(logFile, { force: true });
    await writeFileAtomic(madeFile, json({ steps, tokens: steps * pretraining.batchSize * pretraining.contextLength, ...(await makeBase()) }));
  }
  const folder = openFolder(baseFolder);
  const made = JSON.parse(new TextDecoder().decode(await folder.read("pretraining.json"))) as Parameters<typeof modelCard>[0];
  const figures = await tuneAndEvaluate(await createOrtRuntime(), await loadBase(folder), sets, join(root, "starter"));
  await writeFileAtomic(join(baseFolder, "README.md"), modelCard(made, figures));
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
