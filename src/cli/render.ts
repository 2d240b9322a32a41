/** `tunesmith render`: one row as the model sees it, with what is trained. Reads the base's tokenizer, never its weights. */
import { resolve } from "node:path";
import { mappingFromWords } from "../core/data/formats/mappingSources";
import { parseDataset, type ParsedDataset } from "../core/data/parse";
import { type DatasetRecord } from "../core/data/record";
import { UserError } from "../core/errors";
import { toExample } from "../core/text/example";
import { chooseTemplate } from "../core/text/template";
import { IGNORE_LABEL, type Example, type Tokenizer } from "../core/text/types";
import { readDatasetFile } from "../node/readDataset";
import { openTokenizer } from "../project/baseTokenizer";
import { findProject, resolveBase } from "../project/project";
import { counted, paintFor, print, printJson, type Paint } from "./output";

export interface RenderOptions {
  /** The line that the row stands on, from 1, as `check` and editors count. */
  readonly row: number;
  /** What the dataset's columns are called: `prompt=ticket,response=reply`. */
  readonly columns?: string;
  readonly base?: string;
  readonly template?: string;
  readonly completionOnlyLoss?: boolean;
  readonly maxLength?: number;
  readonly json?: boolean;
}

/** Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, ROW_NOT_FOUND, BASE_NOT_FOUND, TOKENIZER_*, TEMPLATE_FAILED, BAD_ARGUMENT. */
export const render = async (file: string, { row, columns, base = "starter", template: name, completionOnlyLoss, maxLength = Infinity, json }: RenderOptions): Promise<number> => {
  if (maxLength < 1) throw new UserError("BAD_ARGUMENT", `--max-length ${maxLength} leaves no token.`, "Give the longest example in tokens, 512 for instance.");
  const record = findRecord(await readParsed(file, columns), file, row);
  const tokenizer = await openTokenizer(resolveBase(findProject(process.cwd()), base, process.cwd()));
  const example = toExample(record, chooseTemplate(tokenizer, name, completionOnlyLoss), tokenizer, maxLength);
  if (json) {
    const { ids, labels, segments, truncated } = example;
    printJson({ text: segments.map(({ text }) => text).join(""), ids, labels, segments, truncated });
  } else print(show(example, tokenizer, paintFor(process.stdout)));
  return 0;
};

const readParsed = async (file: string, columns: string | undefined): Promise<ParsedDataset> => {
  const { text, options } = await readDatasetFile(resolve(file), file);
  return parseDataset(text, { ...options, ...(columns !== undefined && { mapping: mappingFromWords(columns) }) });
};

const findRecord = (parsed: ParsedDataset, file: string, row: number): DatasetRecord => {
  const record = parsed.records.find(({ line }) => line === row - 1);
  if (record) return record;
  const problem = parsed.problems.find(({ line, severity }) => severity === "error" && (line === row - 1 || parsed.format === undefined));
  if (problem) throw new UserError("ROW_NOT_FOUND", `Row ${row} of ${file} cannot be trained on. Line ${problem.line + 1}, column ${problem.span.start + 1}: ${problem.message}`, `\`tunesmith check ${file}\` lists every problem${problem.fixable ? ", and --fix mends this one" : ""}.`);
  const blank = row >= 1 && row <= parsed.lines.length && parsed.rows > 0;
  throw new UserError("ROW_NOT_FOUND", `${file} has no row ${row}${blank ? ": line " + row + " is blank" : ""}.`, parsed.rows === 0 ? "It has no rows at all." : `It has ${counted(parsed.rows, "row")}, on lines 1 to ${parsed.lines.findLast((line) => line.text.trim() !== "")!.number + 1}; --row takes the number of the line.`);
};

/** The text with what is trained in green, or in ⟦ ⟧ without colours, and the tokens below. */
const show = ({ segments, ids, labels, truncated }: Example, tokenizer: Tokenizer, paint: Paint): string => {
  const mark = (text: string, trained: boolean): string => !trained ? (paint.coloured ? paint.dim(text) : text) : paint.coloured ? paint.green(text) : `⟦${text}⟧`;
  const text = segments.map((segment) => mark(segment.text, segment.trained)).join("");
  const tokens = ids.map((id, index) => mark((tokenizer.tokenOf(id) ?? `#${id}`).replace(/\n/g, "\\n"), labels[index] !== IGNORE_LABEL)).join(paint.dim("·"));
  const trained = labels.filter((label) => label !== IGNORE_LABEL).length;
  const cut = truncated > 0 ? `, ${paint.yellow(`${counted(truncated, "token")} cut off at the end`)}` : "";
  return `${text}\n\n${tokens}\n\n${counted(ids.length + truncated, "token")}, ${paint.green(`${trained.toLocaleString("en-US")} trained`)}${paint.coloured ? "" : " (in ⟦ ⟧)"}${cut}`;
};
