/** What the playground offers to ask: bases, tuned models, and example prompts. Looks at the disk; asks nobody. */
import * as vscode from "vscode";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openProject, starterFolder } from "../../project/project";
import { readManifest } from "../../project/runs";
import { type AdapterChoice, type BaseChoice } from "../../protocol/playground";
import { formatLoss } from "../../protocol/figures";
import { type KnownRun } from "../runs/runRef";
import { findBases } from "../workspace";

export const STARTER: BaseChoice = { id: "starter", label: "starter", detail: "The embedded base: 0.9 million parameters, answers at once" };

export const baseChoice = (folder: string): BaseChoice => ({ id: folder, label: basename(folder), detail: folder });

/** A folder with an adapter that no run of this window made. */
export const adapterChoice = (folder: string, base: string): AdapterChoice => ({ id: folder, label: basename(folder), detail: folder, base });

/** What a run made, with the prompt template that it was tuned with. */
export interface TunedModel { readonly choice: AdapterChoice; readonly template: string | undefined }

/** Runs with an adapter, newest first. */
export const tunedModels = async (runs: readonly KnownRun[]): Promise<TunedModel[]> => {
  const done = runs.filter(({ summary }) => summary.adapter !== null && (summary.status === "finished" || summary.status === "stopped" || summary.status === "paused"));
  const models = await Promise.all(done.map(async ({ root, id, summary }): Promise<TunedModel> => {
    const { config, base, data } = await readManifest(join(openProject(root).runsFolder, id));
    const time = new Date(summary.created).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
    return {
      template: config.template,
      choice: {
        id: summary.adapter!, label: summary.name, base: config.base === "starter" ? "starter" : base.path,
        detail: `${data.path}, ${summary.step} steps${summary.evalLoss === null ? "" : `, evaluation loss ${formatLoss(summary.evalLoss)}`}, ${time}`,
      },
    };
  }));
  const labels = distinct(models.map(({ choice }) => choice.label));
  return models.map(({ choice, template }, index) => ({ template, choice: { ...choice, label: labels[index]! } }));
};

/** Newest first: of one name the oldest keeps it, the later ones get a number. */
export const distinct = (labels: readonly string[]): string[] => labels.map((label, index) => {
  const older = labels.slice(index + 1).filter((each) => each === label).length;
  return older === 0 ? label : `${label} ${older + 1}`;
});

export const baseChoices = async (adapters: readonly AdapterChoice[], added: readonly string[]): Promise<BaseChoice[]> => {
  const folders = new Set([...await findBases(), ...adapters.map(({ base }) => base).filter((base) => base !== "starter"), ...added]);
  return [STARTER, ...[...folders].map(baseChoice)];
};

/** The prompt that every instruction-tuned model should answer, for when the starter's own are not there. */
const BREAD = "Teach me how to bake bread";
const MOST_EXAMPLES = 6;

/** The starter's example prompts: bread, and some that the starter base can answer once it is tuned. */
export const examplePrompts = (): Promise<string[]> => examples ??= readExamples();
let examples: Promise<string[]> | undefined;

const readExamples = async (): Promise<string[]> => {
  try {
    const lines = (await readFile(join(starterFolder(), "prompts.jsonl"), "utf8")).split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt).slice(0, MOST_EXAMPLES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return [BREAD];
  }
};

export const isAdapterFolder = async (folder: string): Promise<boolean> =>
  vscode.workspace.fs.stat(vscode.Uri.file(join(folder, "adapter_config.json"))).then(() => true, () => false);
