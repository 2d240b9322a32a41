/** `tunesmith starter` (what `npm start` runs): tunes the starter base on the starter rows and shows what that changed. */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseDataset } from "../core/data/parse";
import { greedySettings } from "../core/generate/sampler";
import { parseRunConfig } from "../core/train/parseConfig";
import { createOrtRuntime } from "../node/ort";
import { adapterFolder } from "../project/checkpoints";
import { startRun } from "../project/client";
import { Inference, type Prompt } from "../project/inference";
import { openProject, starterFolder } from "../project/project";
import { createRun } from "../project/runs";
import { concludeRun, followRun } from "./follow";

const CONFIG = "starter.tune.json";
const EXAMPLES_SHOWN = 8;
/** Answers of the starter rows are short; a base that rambles on is cut here. */
const MAX_NEW_TOKENS = 32;
/** Rows answered in one batch. */
const AT_ONCE = 64;

export const starter = async (): Promise<number> => {
  const began = performance.now();
  const folder = starterFolder();
  const project = openProject(process.cwd());
  const config = parseRunConfig(await readFile(join(folder, CONFIG), "utf8"), CONFIG);
  process.stderr.write("Tuning the starter base on the starter rows.\n");
  const run = await createRun(project, { config, configFolder: folder });
  await startRun(project, run);
  const end = await followRun(project, run, { interrupt: "stop" });
  if (end?.status !== "finished") return concludeRun(run, end);

  const inference = new Inference(createOrtRuntime);
  const base = run.manifest.base.path;
  const adapter = adapterFolder(run.folder);
  const sets: Record<"heldout" | "novel", Comparison> = { heldout: await compare("heldout"), novel: await compare("novel") };
  const nll = await Promise.all([undefined, adapter].map(async (tuned) =>
    (await inference.score({ base, data: join(folder, "heldout.jsonl"), maxLength: config.max_length, ...(tuned !== undefined && { adapter: tuned }) })).nll));
  await inference.close();

  async function compare(name: string): Promise<Comparison> {
    const rows = await readQuestions(join(folder, `${name}.jsonl`));
    const pairs: Pair[] = [];
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const part = rows.slice(at, at + AT_ONCE);
      const answers = await inference.answer({
        base, prompts: part.map(({ prompt }) => prompt), models: [{ name: "base" }, { name: "tuned", adapter }], settings: { ...greedySettings, max_new_tokens: MAX_NEW_TOKENS },
      });
      part.forEach(({ question, expected }, index) => pairs.push({ question, expected, base: answers[2 * index]!.text, tuned: answers[2 * index + 1]!.text }));
    }
    const share = (model: "base" | "tuned"): number => pairs.filter((pair) => isExactMatch(pair[model], pair.expected)).length / pairs.length;
    return { pairs, before: share("base"), after: share("tuned") };
  }

  const { heldout, novel } = sets;
  process.stdout.write(`\n${sideBySide(spread(heldout.pairs, EXAMPLES_SHOWN), process.stdout.columns ?? 100)}\n\n`);
  process.stdout.write(`Held-out questions (facts and phrasings not among the tuning rows): ${percent(heldout.before)} -> ${percent(heldout.after)} of ${heldout.pairs.length} answered exactly.\n`);
  process.stdout.write(`Phrasings that neither the base nor the tuning rows have seen: ${percent(novel.before)} -> ${percent(novel.after)} of ${novel.pairs.length}.\n`);
  process.stdout.write(nextSteps(run.id, relative(process.cwd(), adapter)));
  process.stdout.write(`starter: exact match ${percent(heldout.before)} -> ${percent(heldout.after)}, NLL ${nll[0]!.toFixed(2)} -> ${nll[1]!.toFixed(2)}, ${Math.round((performance.now() - began) / 1000)} s\n`);
  return 0;
};

interface Question { readonly question: string; readonly prompt: Prompt; readonly expected: string }
interface Pair { readonly question: string; readonly expected: string; readonly base: string; readonly tuned: string }
interface Comparison { readonly pairs: readonly Pair[]; readonly before: number; readonly after: number }

const readQuestions = async (file: string): Promise<Question[]> =>
  parseDataset(await readFile(file, "utf8")).records.map(({ messages }) => {
    const last = messages.findLastIndex(({ role }) => role === "assistant");
    const prompt = messages.slice(0, last).map(({ role, content }) => ({ role, content }));
    return { question: prompt.at(-1)!.content, prompt, expected: messages[last]!.content };
  });

const normalise = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, " ").replace(/\.$/, "").trim();

/** The same answer up to case, blanks and a last full stop. */
export const isExactMatch = (answer: string, expected: string): boolean => normalise(answer) === normalise(expected);

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Some of the items, from everywhere in the list: neighbours are of one kind. */
const spread = <Item>(items: readonly Item[], count: number): Item[] => Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor((i * items.length) / Math.min(count, items.length))]!);

/** Question, base and tuned answer as three columns; questions and tuned answers are short and shown whole where they fit, the base's rambling takes what is left. */
export const sideBySide = (pairs: readonly Pair[], width: number): string => {
  const clip = (text: string, room: number): string => {
    const flat = text.replace(/\s+/g, " ").trim();
    return (flat.length > room ? `${flat.slice(0, room - 1)}…` : flat).padEnd(room);
  };
  const longest = (texts: readonly string[], least: number, most: number): number => Math.max(least, Math.min(most, Math.max(...texts.map((text) => text.trim().length))));
  const asked = longest(pairs.map(({ question }) => question), 12, Math.floor(width * 0.45));
  const answered = longest(pairs.map(({ tuned }) => tuned), 8, Math.floor(width * 0.3));
  const rest = Math.max(12, width - asked - answered - 7);
  const line = (question: string, base: string, tuned: string, mark = " "): string => `${clip(question, asked)}  ${clip(base, rest)}  ${mark} ${clip(tuned, answered)}`.trimEnd();
  return [
    line("QUESTION", "BASE", "TUNED"), line("─".repeat(asked), "─".repeat(rest), "─".repeat(answered)),
    ...pairs.map(({ question, base, tuned, expected }) => line(question, base, tuned, isExactMatch(tuned, expected) ? "✓" : "✗")),
  ].join("\n");
};

const nextSteps = (run: string, adapter: string): string => `
What next:
  See it in VS Code:    open this folder in VS Code and press F5, then run "Tunesmith: Open Playground".
  Ask the tuned model:  npx tunesmith generate --adapter ${run} --compare --prompt "..."
  Use your own model:   npx tunesmith train --base FOLDER --data FILE
  The adapter (PEFT):   ${adapter}

`;
