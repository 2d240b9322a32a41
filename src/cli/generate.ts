/** `tunesmith generate`: answers of a base or its adapters to one prompt or a file of them. */
import { readFile } from "node:fs/promises";
import { parseDataset } from "../core/data/parse";
import { UserError } from "../core/errors";
import { greedySettings } from "../core/generate/sampler";
import { openRuntime } from "../node/device/open";
import { Inference, type AnswerWithLogprobs, type Prompt } from "../project/inference";
import { findProject } from "../project/project";
import { deviceFrom } from "./devices";
import { chooseModels, precisionFrom, type PrecisionFlags, sharedSetting } from "./models";
import { note, print, printJson } from "./output";

export interface GenerateOptions extends PrecisionFlags {
  readonly prompt?: string; readonly prompts?: string; readonly base?: string; readonly adapter: readonly string[]; readonly compare?: boolean;
  readonly raw?: boolean; readonly system?: string; readonly template?: string; readonly maxTokens?: number; readonly temperature?: number; readonly topP?: number; readonly topK?: number;
  readonly seed?: number; readonly logprobs?: number; readonly device?: string; readonly json?: boolean;
}

/** Prompts answered together: memory grows with them, time hardly. */
const AT_ONCE = 16;

export const generate = async (options: GenerateOptions): Promise<number> => {
  const prompts = await readPrompts(options);
  const { base, adapters } = await chooseModels(findProject(process.cwd()), options.base, options.adapter);
  const models = [...(adapters.length === 0 || options.compare ? [{ name: "base" }] : []), ...adapters.map(({ name, folder }) => ({ name, adapter: folder }))];
  const template = options.template ?? sharedSetting(adapters, "template");
  const settings = {
    ...greedySettings, temperature: options.temperature ?? 0, seed: options.seed ?? 0, max_new_tokens: options.maxTokens ?? greedySettings.max_new_tokens,
    ...(options.topP !== undefined && { top_p: options.topP }), ...(options.topK !== undefined && { top_k: options.topK }),
  };
  const precision = precisionFrom(options), inference = new Inference(() => openRuntime(deviceFrom(options.device)), note);
  // One answer alone may be watched as it comes; several would run into each other.
  const live = !options.json && prompts.length === 1 && models.length === 1;
  const answers: AnswerWithLogprobs[] = [];
  for (let at = 0; at < prompts.length; at += AT_ONCE) {
    answers.push(...await inference.answer({
      base, models, settings, ...precision, prompts: prompts.slice(at, at + AT_ONCE),
      ...(options.raw && { raw: true }), ...(template !== undefined && { template }), ...(options.logprobs !== undefined && { logprobs: options.logprobs }),
    }, live ? ({ text }) => { process.stdout.write(text); } : undefined));
  }
  await inference.close();
  if (options.json) printJson({ answers });
  else if (live) process.stdout.write("\n");
  else for (const { prompt, model, text } of answers) print(`> ${prompt}\n${model}: ${text}\n`);
  return 0;
};

const readPrompts = async ({ prompt, prompts, system, raw }: GenerateOptions): Promise<Prompt[]> => {
  if ((prompt === undefined) === (prompts === undefined)) throw new UserError("BAD_ARGUMENT", "Give either --prompt TEXT or --prompts FILE.", "`tunesmith generate --prompt \"What is the capital of France?\"`");
  if (system !== undefined && raw) throw new UserError("BAD_ARGUMENT", "--system and --raw do not go together: raw text has no roles.", "Leave one of them out.");
  const before: Prompt = system === undefined ? [] : [{ role: "system", content: system }];
  const asked = prompt !== undefined ? [[{ role: "user" as const, content: prompt }]] : promptsOf(await readText(prompts!), prompts!);
  return asked.map((messages) => [...before, ...messages]);
};

/** JSONL rows with a `prompt`, or of a dataset (their answer left out), or JSON strings; else every line that is not blank is a prompt. */
const promptsOf = (text: string, file: string): Prompt[] => {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new UserError("DATASET_NO_USABLE_ROW", `${file} holds no prompt.`, "Write one prompt a line.");
  const values = lines.map(jsonOf);
  if (values.some((value) => value === undefined || typeof value === "number")) return lines.map((line) => [{ role: "user", content: line }]);
  const records = new Map(parseDataset(lines.join("\n")).records.map((record) => [record.line, record]));
  return values.map((value, line): Prompt => {
    if (typeof value === "string") return [{ role: "user", content: value }];
    const own = (value as { prompt?: unknown } | null)?.prompt;
    if (typeof own === "string") return [{ role: "user", content: own }];
    const messages = records.get(line)?.messages.map(({ role, content }) => ({ role, content })) ?? [];
    const asked = messages.slice(0, messages.findLastIndex(({ role }) => role === "assistant"));
    if (asked.length === 0) throw new UserError("DATASET_UNREADABLE", `Row ${line + 1} of ${file} holds no prompt.`, "Give rows with \"prompt\", rows of a dataset, or plain text with one prompt a line.");
    return asked;
  });
};

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined; // Plain text, then.
  }
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UserError("DATASET_NOT_FOUND", `The prompts ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, "Check the path.", { cause });
  }
};
