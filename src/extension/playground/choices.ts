/** What the playground offers to ask: bases, tuned models, and example prompts. Looks at the disk; asks nobody. */
import * as vscode from "vscode";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseDataset } from "../../core/data/parse";
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

/** Runs with an adapter, newest first. */
export const tunedModels = async (runs: readonly KnownRun[]): Promise<AdapterChoice[]> => {
  const done = runs.filter(({ summary }) => summary.adapter !== null && (summary.status === "finished" || summary.status === "stopped"));
  const choices = await Promise.all(done.map(async ({ root, id, summary }): Promise<AdapterChoice> => {
    const manifest = await readManifest(join(openProject(root).runsFolder, id));
    const time = new Date(summary.created).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
    return {
      id: summary.adapter!, label: summary.name, base: manifest.config.base === "starter" ? "starter" : manifest.base.path,
      detail: `${manifest.data.path}, ${summary.step} steps${summary.evalLoss === null ? "" : `, evaluation loss ${formatLoss(summary.evalLoss)}`}, ${time}`,
    };
  }));
  return distinct(choices);
};

/** Two runs of one name are told apart by their number, the oldest being 1. */
const distinct = (choices: readonly AdapterChoice[]): AdapterChoice[] => choices.map((choice, index) => {
  const same = choices.filter(({ label }) => label === choice.label);
  if (same.length < 2) return choice;
  const older = choices.slice(index + 1).filter(({ label }) => label === choice.label).length;
  return { ...choice, label: `${choice.label} ${older + 1}` };
});

export const baseChoices = async (adapters: readonly AdapterChoice[], added: readonly string[]): Promise<BaseChoice[]> => {
  const folders = new Set([...await findBases(), ...adapters.map(({ base }) => base).filter((base) => base !== "starter"), ...added]);
  return [STARTER, ...[...folders].map(baseChoice)];
};

const BREAD = "Teach me how to bake bread";

/** The bread prompt, which every instruction-tuned model should answer, and some that the starter base knows about. */
export const examplePrompts = (): Promise<string[]> => examples ??= readExamples();
let examples: Promise<string[]> | undefined;

const readExamples = async (): Promise<string[]> => {
  try {
    const rows = parseDataset(await readFile(join(starterFolder(), "heldout.jsonl"), "utf8")).records;
    const short = rows.flatMap(({ messages }) => messages.filter(({ role }) => role === "user").slice(0, 1).map(({ content }) => content)).filter((prompt) => prompt.length <= 70);
    const spread = [0, 1, 2, 3].flatMap((part) => short[Math.floor((part * short.length) / 4)] ?? []);
    return [...new Set([...spread, BREAD])];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return [BREAD];
  }
};

export const isAdapterFolder = async (folder: string): Promise<boolean> =>
  vscode.workspace.fs.stat(vscode.Uri.file(join(folder, "adapter_config.json"))).then(() => true, () => false);
