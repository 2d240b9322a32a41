/** Owns the starter's figures: exact match and loss over instruction rows, of the base alone or with an adapter. */
import { parseDataset } from "../../src/core/data/parse";
import { type Candidate } from "../../src/core/generate/adapters";
import { Generator } from "../../src/core/generate/generate";
import { greedySettings } from "../../src/core/generate/sampler";
import { type Base } from "../../src/core/model/base";
import { type Runtime } from "../../src/core/runtime";
import { toExample } from "../../src/core/text/example";
import { chooseTemplate, renderPrompt } from "../../src/core/text/template";
import { score } from "../../src/core/train/score";
import { type LabelledRow, toJsonl } from "./instructions";

export interface Figures {
  readonly rows: number;
  /** Share of rows whose answer is exactly the expected one. */
  readonly exact: number;
  /** Mean over all answer tokens, nats. */
  readonly nll: number;
}
export interface Answered { readonly row: LabelledRow; readonly answer: string; readonly right: boolean; readonly nll: number; readonly tokens: number }

const maxNewTokens = 40;
const normalise = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, " ").replace(/\.$/, "").trim();

/** Same answer up to case, blanks and a final full stop. */
export const isExact = (answer: string, expected: string): boolean => normalise(answer) === normalise(expected);

export const figuresOf = (answered: readonly Answered[]): Figures => {
  const tokens = answered.reduce((sum, row) => sum + row.tokens, 0);
  return {
    rows: answered.length,
    exact: answered.filter(({ right }) => right).length / answered.length,
    nll: answered.reduce((sum, row) => sum + row.nll * row.tokens, 0) / tokens,
  };
};

/** Figures of each family, in the order of first appearance. */
export const figuresByFamily = (answered: readonly Answered[]): Map<string, Figures> =>
  new Map([...new Set(answered.map(({ row }) => row.family))].map((family) => [family, figuresOf(answered.filter(({ row }) => row.family === family))]));

/** Rows answered in one batch. */
const atOnce = 60;

/** Answers every row greedily with the base's own chat template, and scores the expected answers. Results are in the order of `models`. */
export const answerRows = async (runtime: Runtime, base: Base, models: readonly Candidate[], rows: readonly LabelledRow[]): Promise<Answered[][]> => {
  const template = chooseTemplate(base.tokenizer);
  const { records } = parseDataset(toJsonl(rows));
  if (records.length !== rows.length) throw new Error(`only ${records.length} of ${rows.length} rows can be used`);
  const examples = records.map((record) => toExample(record, template, base.tokenizer, base.config.maxPositions));
  const losses: { nll: number; tokens: number }[][] = [];
  for (const { adapter } of models) {
    const scored: { nll: number; tokens: number }[] = [];
    for await (const { row, nll, tokens } of score(runtime, base, adapter, examples)) scored[row] = { nll, tokens };
    losses.push(scored);
  }

  const results: Answered[][] = models.map(() => []);
  const generator = new Generator(runtime, base);
  for (let at = 0; at < rows.length; at += atOnce) {
    const prompts = rows.slice(at, at + atOnce).map(({ instruction }) => base.tokenizer.encode(renderPrompt([{ role: "user", content: instruction }], template)));
    for await (const event of generator.generate({ prompts, candidates: models, settings: { ...greedySettings, max_new_tokens: maxNewTokens } })) {
      if (event.kind !== "end") continue;
      const index = at + event.prompt, row = rows[index]!;
      results[event.candidate]![index] = { row, answer: event.text.trim(), right: isExact(event.text, row.output), ...losses[event.candidate]![index]! };
    }
  }
  await generator.close();
  return results;
};

/** Whether the expected answer stands, as words of its own, somewhere in the text. */
export const containsAnswer = (text: string, expected: string): boolean => {
  const padded = (words: string): string => ` ${normalise(words).replace(/[^a-z0-9]+/g, " ").trim()} `;
  return padded(text).includes(padded(expected));
};

/** How far a base is left to go on where it only continues text. */
const continuedTokens = 24;

/** Share of rows whose answer is in what the base says after the bare question, without any chat tokens: what it knows before it is taught to answer. */
export const shareContinued = async (runtime: Runtime, base: Base, rows: readonly LabelledRow[]): Promise<number> => {
  const generator = new Generator(runtime, base);
  let found = 0;
  for (let at = 0; at < rows.length; at += atOnce) {
    const part = rows.slice(at, at + atOnce), prompts = part.map(({ instruction }) => base.tokenizer.encode(`${base.tokenizer.eosToken} ${instruction}`));
    for await (const event of generator.generate({ prompts, candidates: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: continuedTokens } })) {
      if (event.kind === "end" && containsAnswer(event.text, part[event.prompt]!.output)) found++;
    }
  }
  await generator.close();
  return found / rows.length;
};
