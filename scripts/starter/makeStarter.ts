/** `npm run make:starter`: makes the starter base and its datasets again from nothing, tunes it, and writes the figures into its model card. */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadBase } from "../../src/core/model/base";
import { openFolder, writeFileAtomic } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { modelCard } from "./card";
import { families } from "./corpus";
import { demoPrompts, instructionSets, toJsonl } from "./instructions";
import { type Made, makeBase } from "./pretrainBase";
import { pretraining, rowSeed, setSizes } from "./recipe";
import { tuneAndEvaluate } from "./tuneStarter";

const starterFolder = resolve(__dirname, "../../starter");
/** Ignored by git: the log, the adapter and the wrong answers of the last making. */
const outFolder = resolve(__dirname, "../../out/starter");
const madeFile = "made.json";

const { values } = parseArgs({ options: {
  /** Fewer steps for a quick trial; the schedule shrinks with them. */
  steps: { type: "string", default: String(pretraining.steps) },
  threads: { type: "string" },
  /** Where rows and base go; a trial should not overwrite the starter. */
  out: { type: "string", default: starterFolder },
  /** Goes on from a base that was already made: rows, tuning, figures and card only. */
  "keep-base": { type: "boolean", default: false },
} });

const baseFolder = join(values.out, "base");

const main = async (): Promise<void> => {
  mkdirSync(join(outFolder, "adapter"), { recursive: true });
  mkdirSync(baseFolder, { recursive: true });
  const sets = instructionSets(rowSeed, setSizes);
  for (const [name, rows] of Object.entries(sets)) await writeFileAtomic(join(values.out, `${name}.jsonl`), toJsonl(rows));
  await writeFileAtomic(join(values.out, "prompts.jsonl"), demoPrompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(""));
  console.log(`${families.length} families; rows: ${sets.train.length} for tuning, ${sets.heldout.length} held out, ${sets.novel.length} novel`);

  if (!values["keep-base"]) {
    const logFile = join(outFolder, "pretrain.jsonl");
    rmSync(logFile, { force: true });
    const made = await makeBase({ folder: baseFolder, logFile, steps: Number(values.steps), ...(values.threads !== undefined && { threads: Number(values.threads) }) });
    await writeFileAtomic(join(outFolder, madeFile), `${JSON.stringify(made, null, 2)}\n`);
  }
  const made = JSON.parse(new TextDecoder().decode(await openFolder(outFolder).read(madeFile))) as Made;
  const figures = await tuneAndEvaluate(await createOrtRuntime(), await loadBase(openFolder(baseFolder)), sets, starterFolder, outFolder);
  await writeFileAtomic(join(baseFolder, "README.md"), modelCard(made, figures));
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
