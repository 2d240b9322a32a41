// The installed package, away from this checkout: every file that it needs came with it. Starts its run by the palette and its questions.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choose, openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { askPlayground, faultInRow, openPlaygroundOfRun, runIs, underlined } from "../person.mjs";

export const title = "the package trains and answers";
export const installed = true;
export const timeoutMs = 150_000;

export async function run({ page, folder, step, shot }) {
  const rows = readFileSync(join(folder, "train.jsonl"), "utf8").split("\n").slice(0, 64).join("\n");
  writeFileSync(join(folder, "small.jsonl"), faultInRow(`${rows}\n`, 2).text);

  await step("underlines a fault", async () => {
    await openFile(page, "small.jsonl");
    await underlined(page);
  });
  await step("starts a run by the palette", async () => {
    await runCommand(page, "Tunesmith: Start Tuning Run");
    await choose(page, "small.jsonl");
    await choose(page, "starter");
    await choose(page, "quick");
    await runIs(page, "finished", 60_000);
    await shot("finished");
  }, 90_000);
  await step("answers in the playground", async () => {
    await openPlaygroundOfRun(page);
    const answers = await askPlayground(page, "Teach me how to bake bread.");
    await shot("answers");
    if (answers.length !== 2) throw new Error(`${answers.length} answers instead of 2`);
  });
}
