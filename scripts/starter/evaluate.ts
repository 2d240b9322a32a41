/** Owns the starter's figures: exact match and loss over instruction rows, of the base alone or with an adapter. */
import { parseDataset } from "../../src/core/data/parse";
import { Generator, greedySettings } from "../../src/core/generate/generate";
import { type Base } from "../../src/core/model/base";
import { type Runtime } from "../../src/core/runtime";
import { toExample } from "../../src/core/text/example";
import { chooseTemplate, renderPrompt } from "../../src/core/text/template";
import { type Adapter } from "../../src/core/train/adapter";
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

/** Answers every row greedily with the base's own chat template, and scores the expected answers. Results are in the order of `models`. */
export const answerRows = async (runtime: Runtime, base: Base, models: readonly { name: string; adapter?: Adapter }[], rows: readonly LabelledRow[]): Promise<Answered[][]> => {
  const template = chooseTemplate(base.tokenizer);
  const { records } = parseDataset(toJsonl(rows), { format: "alpaca" });
  if (records.length !== rows.length) throw new Error(`only ${records.length} of ${rows.length} rows can be used`);
  const examples = records.map((record) => toExample(record, template, base.tokenizer, base.config.maxPositions));

  const losses = await Promise.all(models.map(async ({ adapter }) => {
    const scored = new Map<number, { nll: number; tokens: number }>();
    for await (const { row, nll, tokens } of score(runtime, base, adapter, examples)) scored.set(row, { nll, tokens });
    return scored;
  }));

  const results: Answered[][] = models.map(() => []);
  const generator = await Generator.open(runtime, base);
  try {
    for (const [at, row] of rows.entries()) {
      const prompt = base.tokenizer.encode(renderPrompt([{ role: "user", content: row.instruction }], template));
      for await (const event of generator.generate({ prompt, candidates: [...models], settings: { ...greedySettings, max_new_tokens: maxNewTokens } })) {
        if (event.kind !== "end") continue;
        const { nll, tokens } = losses[event.candidate]!.get(at)!;
        results[event.candidate]!.push({ row, answer: event.text.trim(), right: isExact(event.text, row.output), nll, tokens });
      }
    }
  } finally {
    await generator.close();
  }
  return results;
};
