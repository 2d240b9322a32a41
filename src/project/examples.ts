/** A dataset file to training examples: read, parsed, rendered and tokenised the way the loss will see it. */
import { parseDataset } from "../core/data/parse";
import { UserError } from "../core/errors";
import { type Tokenizer, type Example } from "../core/text/types";
import { toExample } from "../core/text/example";
import { chooseTemplate } from "../core/text/template";
import { readDataset } from "../node/readDataset";

export interface Examples {
  readonly examples: readonly Example[];
  /** Rows of the file, and those among them that can be trained on. */
  readonly rows: number;
  readonly usable: number;
  /** What was found on the way that a person should hear of. */
  readonly warnings: readonly { code: string; message: string }[];
}

/** `shown` is the path for messages, where `path` is a run's own copy. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, DATASET_NO_USABLE_ROW, TEMPLATE_FAILED. */
export const readExamples = async (path: string, tokenizer: Tokenizer, { template, maxLength, shown = path }: { template?: string; maxLength: number; shown?: string }): Promise<Examples> => {
  const parsed = parseDataset(await readDataset(path, shown));
  if (parsed.usable === 0) {
    const first = parsed.problems.find(({ severity }) => severity === "error");
    const why = first ? `The first problem is in line ${first.line + 1}: ${first.message}` : parsed.rows === 0 ? "It is empty." : parsed.formatReason;
    throw new UserError("DATASET_NO_USABLE_ROW", `${shown} has no row that can be trained on. ${why}`, `\`tunesmith check ${shown}\` lists every problem, and --fix mends what can be mended.`);
  }
  const chosen = chooseTemplate(tokenizer, template);
  const examples = parsed.records.map((record) => toExample(record, chosen, tokenizer, maxLength));
  const warnings: { code: string; message: string }[] = [];
  const skipped = parsed.rows - parsed.usable;
  if (skipped > 0) warnings.push({ code: "ROWS_SKIPPED", message: `${skipped} of ${parsed.rows} rows of ${shown} have errors and are left out; \`tunesmith check\` lists them.` });
  const cut = examples.filter(({ truncated }) => truncated > 0).length;
  if (cut > 0) warnings.push({ code: "ROWS_TRUNCATED", message: `${cut} of ${examples.length} rows of ${shown} are longer than max_length ${maxLength} and are cut at the end.` });
  return { examples, rows: parsed.rows, usable: parsed.usable, warnings };
};
