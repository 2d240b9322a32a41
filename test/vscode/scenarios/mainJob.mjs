// The main job, as a person does it: mend a dataset, tune the starter base, reload in the middle, compare the answers.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFile, reloadWindow } from "../../../scripts/vscode/workbench.mjs";
import { askPlayground, faultInRow, mendByLightBulb, openPlaygroundOfRun, paintedPoints, runIs, saveFile, startFromTitleBar, stepsOf, underlined } from "../person.mjs";

export const title = "from a faulty dataset to two different answers";
export const timeoutMs = 300_000;

export async function run({ page, folder, step, shot, shotInThemes }) {
  const sound = readFileSync(join(folder, "train.jsonl"), "utf8");
  const { text, line } = faultInRow(sound, 3);
  writeFileSync(join(folder, "train.jsonl"), text);
  // The starter's own six epochs are over before a window can be reloaded.
  const config = join(folder, "starter.tune.json"), settings = JSON.parse(readFileSync(config, "utf8"));
  writeFileSync(config, `${JSON.stringify({ ...settings, num_train_epochs: 20 }, null, 2)}\n`);

  await step("a dataset with a fault is underlined", async () => {
    await openFile(page, "train.jsonl");
    await underlined(page);
    await shotInThemes("1-diagnostic");
  });

  await step("the light bulb mends it", async () => {
    await mendByLightBulb(page, line, () => shot("2-light-bulb"));
    await saveFile(page, join(folder, "train.jsonl"), sound); // the repair changed the fault and nothing else
  });

  await step("the play button of a run config starts a run", async () => {
    await startFromTitleBar(page, "starter.tune.json");
    await runIs(page, "running");
  });

  await step("its curve grows", async () => {
    const first = await stepsOf(page, (steps) => steps >= 3);
    await stepsOf(page, (steps) => steps > first);
    if (await paintedPoints(page) < 3) throw new Error("The loss chart is empty.");
    await shot("3-running");
  });

  await step("a reloaded window shows the run again while it goes on", async () => {
    const before = await stepsOf(page, () => true);
    await reloadWindow(page);
    await runIs(page, "running");
    await stepsOf(page, (steps) => steps > before);
    await shotInThemes("4-reloaded");
  });

  await step("the run finishes", async () => {
    await runIs(page, "finished", 180_000);
    await shotInThemes("5-finished");
  }, 190_000);

  await step("the playground answers with the base and the tuned model, differently", async () => {
    await openPlaygroundOfRun(page);
    const rows = readFileSync(join(folder, "heldout.jsonl"), "utf8").split("\n").slice(0, 3).map((row) => JSON.parse(row));
    let right = 0;
    for (const { instruction, input, output } of rows) {
      const answers = await askPlayground(page, [instruction, input].filter(Boolean).join("\n"));
      if (answers.length !== 2) throw new Error(`${answers.length} answers instead of 2`);
      const [base, tuned] = answers;
      if (tuned === "" || base === tuned) throw new Error(`base: ${base}\ntuned: ${tuned}`);
      if (tuned.trim() === output.trim()) right++;
    }
    await shotInThemes("6-answers");
    if (right === 0) throw new Error("The tuned model answered none of three held-out questions as the dataset does.");
  });
}
