/** Owns the starter tuning run of `make:starter` and its report: exact match and loss before and after, per family. */
import { join } from "node:path";
import { parseDataset } from "../../src/core/data/parse";
import { type Adapter, adapterFiles } from "../../src/core/model/adapter/adapter";
import { type Base } from "../../src/core/model/base";
import { type Runtime } from "../../src/core/runtime";
import { toExample } from "../../src/core/text/example";
import { chooseTemplate } from "../../src/core/text/template";
import { parseRunConfig } from "../../src/core/train/parseConfig";
import { type RunConfig } from "../../src/core/train/runConfig";
import { train } from "../../src/core/train/trainer";
import { openFolder, writeFileAtomic } from "../../src/node/files";
import { type Answered, type Figures, answerRows, containsAnswer, figuresByFamily, figuresOf, shareContinued } from "./evaluate";
import { type InstructionSets, type LabelledRow, toJsonl } from "./instructions";

export interface SetFigures {
  readonly before: Figures; readonly after: Figures;
  /** Share of the base's replies in the chat format that contain the answer, with whatever else. */
  readonly containedBefore: number;
  readonly families: Readonly<Record<string, { before: Figures; after: Figures }>>;
}
export interface StarterFigures { readonly heldout: SetFigures; readonly novel: SetFigures; readonly tuningSeconds: number; readonly tuningSteps: number; readonly tuningRows: number; readonly continued: number }

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

const tune = async (runtime: Runtime, base: Base, rows: readonly LabelledRow[], config: RunConfig): Promise<{ adapter: Adapter; steps: number }> => {
  const template = chooseTemplate(base.tokenizer, config.template);
  const examples = parseDataset(toJsonl(rows)).records.map((record) => toExample(record, template, base.tokenizer, config.max_length));
  let steps = 0;
  for await (const report of train({ runtime, base, examples, evalExamples: [], config })) {
    if (report.event === "step") {
      steps = report.step;
      if (steps % 60 === 0) console.log(`tuning step ${steps}  loss ${report.loss.toFixed(4)}`);
    }
    if (report.event === "done") return { adapter: report.state.adapter, steps };
  }
  throw new Error("the tuning run ended without a result");
};

const compare = (before: readonly Answered[], after: readonly Answered[]): SetFigures => {
  const familiesAfter = figuresByFamily(after);
  return {
    before: figuresOf(before), after: figuresOf(after),
    containedBefore: before.filter(({ row, answer }) => containsAnswer(answer, row.output)).length / before.length,
    families: Object.fromEntries([...figuresByFamily(before)].map(([family, figures]) => [family, { before: figures, after: familiesAfter.get(family)! }])),
  };
};

const report = (name: string, { before, after, families }: SetFigures): void => {
  console.log(`${name}: exact match ${percent(before.exact)} -> ${percent(after.exact)}, NLL ${before.nll.toFixed(2)} -> ${after.nll.toFixed(3)} (${before.rows} rows)`);
  for (const [family, figures] of Object.entries(families)) console.log(`  ${family.padEnd(9)} ${percent(figures.before.exact).padStart(6)} -> ${percent(figures.after.exact).padStart(6)}  NLL ${figures.before.nll.toFixed(2).padStart(5)} -> ${figures.after.nll.toFixed(3)}`);
};

/** Tunes as starter.tune.json says and asks everything before and after. The adapter goes to `out`, next to a list of wrong answers. */
export const tuneAndEvaluate = async (runtime: Runtime, base: Base, sets: InstructionSets, starter: string, out: string): Promise<StarterFigures> => {
  const configText = new TextDecoder().decode(await openFolder(starter).read("starter.tune.json"));
  const config = parseRunConfig(configText, "starter.tune.json");
  const started = performance.now();
  const { adapter, steps } = await tune(runtime, base, sets.train, config);
  const tuningSeconds = (performance.now() - started) / 1000;
  for (const [name, bytes] of Object.entries(adapterFiles(adapter, base.name, base.config))) await writeFileAtomic(join(out, "adapter", name), bytes);
  const models = [{ name: "base" }, { name: "tuned", adapter }];

  const wrong: string[] = [];
  const evaluate = async (name: "heldout" | "novel"): Promise<SetFigures> => {
    const [before, after] = (await answerRows(runtime, base, models, sets[name])) as [Answered[], Answered[]];
    wrong.push(...after.filter(({ right }) => !right).map(({ row, answer }) => JSON.stringify({ set: name, family: row.family, instruction: row.instruction, expected: row.output, answer })));
    const figures = compare(before, after);
    report(name, figures);
    return figures;
  };
  const figures = { heldout: await evaluate("heldout"), novel: await evaluate("novel"), tuningSeconds, tuningSteps: steps, tuningRows: sets.train.length, continued: await shareContinued(runtime, base, sets.heldout) };
  console.log(`the base alone, continuing the bare held-out question: ${percent(figures.continued)} contain the answer; in the chat format ${percent(figures.heldout.containedBefore)}`);
  await writeFileAtomic(join(out, "wrong.jsonl"), wrong.map((line) => `${line}\n`).join(""));
  return figures;
};
