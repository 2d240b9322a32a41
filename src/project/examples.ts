/** A dataset file to training examples: read, parsed, rendered and tokenised the way the loss will see it. */
import { parseDataset } from "../core/data/parse";
import { type DatasetRecord } from "../core/data/record";
import { isUserError, UserError } from "../core/errors";
import { type Tokenizer, type Example } from "../core/text/types";
import { toExample } from "../core/text/example";
import { chooseTemplate } from "../core/text/template";
import { readDatasetFile } from "../node/readDataset";

export interface Examples {
  readonly examples: readonly Example[];
  /** Rows of the file, and those among them that can be trained on. */
  readonly rows: number;
  readonly usable: number;
  /** What was found on the way that a person should hear of. */
  readonly warnings: readonly { code: string; message: string }[];
}

/** `shown` is the path for messages, where `path` is a run's own copy. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, DATASET_NO_USABLE_ROW; TEMPLATE_FAILED where the template refuses every row. */
export const readExamples = async (path: string, tokenizer: Tokenizer, { template, completionOnly, maxLength, shown = path }: { template?: string; completionOnly?: boolean; maxLength: number; shown?: string }): Promise<Examples> => {
  const { text, options } = await readDatasetFile(path, shown);
  const parsed = parseDataset(text, options);
  if (parsed.usable === 0) {
    const first = parsed.problems.find(({ severity }) => severity === "error");
    const why = first ? `The first problem is in line ${first.line + 1}: ${first.message}` : parsed.rows === 0 ? "It is empty." : parsed.formatReason;
    throw new UserError("DATASET_NO_USABLE_ROW", `${shown} has no row that can be trained on. ${why}`, `\`tunesmith check ${shown}\` lists every problem, and --fix mends what can be mended.`);
  }
  const chosen = chooseTemplate(tokenizer, template, completionOnly);
  const { examples, refused } = convert(parsed.records, (record) => toExample(record, chosen, tokenizer, maxLength));
  const warnings: { code: string; message: string }[] = [];
  if (refused) warnings.push({ code: "ROWS_REFUSED", message: `The base's chat template refuses ${refused.count} of ${parsed.rows} rows of ${shown}, which are left out. Line ${refused.line + 1}: ${refused.error.what}` });
  const skipped = parsed.rows - parsed.usable;
  if (skipped > 0) warnings.push({ code: "ROWS_SKIPPED", message: `${skipped} of ${parsed.rows} rows of ${shown} have errors and are left out; \`tunesmith check\` lists them.` });
  const cut = examples.filter(({ truncated }) => truncated > 0).length;
  if (cut > 0) warnings.push({ code: "ROWS_TRUNCATED", message: `${cut} of ${examples.length} rows of ${shown} are longer than max_length ${maxLength} and are cut at the end.` });
  return { examples, rows: parsed.rows, usable: parsed.usable, warnings };
};

/** A row that the template refuses is left out and told; where it refuses every row, that is the failure. */
const convert = (records: readonly DatasetRecord[], toOne: (record: DatasetRecord) => Example): { examples: Example[]; refused?: { count: number; line: number; error: UserError } } => {
  const examples: Example[] = [];
  let refused: { count: number; line: number; error: UserError } | undefined;
  for (const record of records) {
    try {
      examples.push(toOne(record));
    } catch (error) {
      if (!isUserError(error) || error.code !== "TEMPLATE_FAILED") throw error;
      refused = { count: (refused?.count ?? 0) + 1, line: refused?.line ?? record.line, error: refused?.error ?? error };
    }
  }
  if (refused && examples.length === 0) throw refused.error;
  return { examples, ...(refused && { refused }) };
};
