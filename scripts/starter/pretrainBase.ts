/** Owns the making of the base itself: prose to tokenizer to token stream to weights, written as a Hugging Face folder. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../src/core/model/weights/safetensors";
import { pretrain } from "../../src/core/train/pretrain";
import { writeFileAtomic } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { createEncoder, eosId, tokenizerFiles, trainBpe } from "./bpe";
import { documents } from "./corpus";
import { take } from "./random";
import { corpusSeed, generationConfig, modelConfig, pretraining, tokenizerDocuments, tokenizerSeed } from "./recipe";

/** What the model card says about the making. */
export interface Made { readonly steps: number; readonly tokens: number; readonly documents: number; readonly parameters: number; readonly loss: number; readonly seconds: number }

export interface BaseOptions { readonly folder: string; readonly logFile: string; readonly steps: number; readonly threads?: number }

/** The loss that is reported is a mean over this many last steps. */
const lossWindow = 200;
const logEvery = 50;
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

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

/** Makes the base in `folder`; progress goes to standard output and, as JSON Lines, to `logFile`. */
export const makeBase = async ({ folder, logFile, steps, threads }: BaseOptions): Promise<Made> => {
  const bpe = trainBpe([...take(documents(tokenizerSeed), tokenizerDocuments)].map((text) => ` ${text}`), modelConfig.vocab_size);
  const { contextLength, batchSize } = pretraining;
  // One token more than the windows hold: the last window's last target.
  const packed = packTokens(createEncoder(bpe), steps * batchSize * contextLength + 1);
  console.log(`${packed.documents} documents, ${packed.tokens.length} tokens`);
  for (const [name, text] of Object.entries(tokenizerFiles(bpe, modelConfig.max_position_embeddings))) await writeFileAtomic(join(folder, name), text);
  await writeFileAtomic(join(folder, "config.json"), json(modelConfig));
  await writeFileAtomic(join(folder, "generation_config.json"), json(generationConfig));

  const started = performance.now(), recent: number[] = [];
  const { weights } = await pretrain({
    runtime: await createOrtRuntime(threads === undefined ? {} : { threads }),
    config: modelConfig, tokens: packed.tokens, ...pretraining, betas: [...pretraining.betas], steps,
    onStep: (report) => {
      recent.push(report.loss);
      if (recent.length > lossWindow) recent.shift();
      if (report.step % logEvery !== 0) return;
      const loss = mean(recent.slice(-logEvery));
      appendFileSync(logFile, `${JSON.stringify({ ...report, loss })}\n`);
      console.log(`step ${report.step}/${steps}  loss ${loss.toFixed(4)}  lr ${report.learningRate.toExponential(2)}  ${Math.round(report.tokensPerSecond)} tokens/s`);
    },
  });
  const tensors = [...weights].map(([name, tensor]) => ({ name, ...tensor }));
  await writeFileAtomic(join(folder, "model.safetensors"), writeSafetensors(tensors, { dtype: "F16", metadata: { format: "pt" } }));
  return {
    steps, tokens: steps * batchSize * contextLength, documents: packed.documents,
    parameters: tensors.reduce((sum, { data }) => sum + data.length, 0),
    loss: mean(recent),
    seconds: (performance.now() - started) / 1000,
  };
};
