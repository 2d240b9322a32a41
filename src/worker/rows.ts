/** The thread that reads rows as a base sees them, so that neither a large file nor a slow template holds up the editor. Keeps the tokenizers it was last asked for; never opens weights. */
import { parentPort } from "node:worker_threads";
import { isUserError } from "../core/errors";
import { type Basis, readRow } from "../core/text/lint";
import { seeRow } from "../core/text/rowView";
import { chooseTemplate } from "../core/text/template";
import { type Tokenizer } from "../core/text/types";
import { openTokenizer } from "../project/baseTokenizer";
import { type RowBasis, type RowsAnswer, type RowsRequest, type RowSummary } from "../protocol/rows";

/** A vocabulary of 150,000 tokens takes some 100 MB. */
const MOST_TOKENIZERS = 2;

const tokenizers = new Map<string, Promise<Tokenizer>>();

const tokenizerOf = (base: string): Promise<Tokenizer> => {
  const opened = tokenizers.get(base) ?? openTokenizer(base);
  tokenizers.delete(base);
  tokenizers.set(base, opened);
  opened.catch(() => tokenizers.delete(base));
  for (const oldest of [...tokenizers.keys()].slice(0, -MOST_TOKENIZERS)) tokenizers.delete(oldest);
  return opened;
};

const basisOf = async ({ base, template, completionOnlyLoss, maxLength }: RowBasis): Promise<Basis> => {
  const tokenizer = await tokenizerOf(base);
  return { tokenizer, template: chooseTemplate(tokenizer, template, completionOnlyLoss), maxLength };
};

const answer = async (request: RowsRequest): Promise<RowsAnswer> => {
  const { id } = request;
  const basis = await basisOf(request.basis);
  if (request.type === "lint") {
    return { id, type: "linted", rows: request.rows.map(({ record, line }): RowSummary => {
      const { encoded, kept, trained, problems } = readRow(record, line, basis);
      return { tokens: encoded?.ids.length ?? 0, kept, trained, problems };
    }) };
  }
  const { record, line } = request.row;
  const { encoded, kept, trained, problems, segments, names, trainedTokens, specialTokens } = seeRow(record, line, basis);
  return { id, type: "viewed", view: {
    tokens: encoded?.ids.length ?? 0, kept, trained, problems, template: basis.template.kind, segments,
    encoded: { ids: encoded?.ids ?? [], starts: encoded?.starts ?? [], names, trained: trainedTokens, special: specialTokens },
  } };
};

const port = parentPort;
if (!port) throw new Error("rows.js is a thread, not a program.");
port.on("message", (request: RowsRequest) => {
  answer(request).catch((error: unknown): RowsAnswer => isUserError(error)
    ? { id: request.id, type: "failed", code: error.code, what: error.what, next: error.next }
    : { id: request.id, type: "failed", what: error instanceof Error ? error.stack ?? error.message : String(error), next: "" })
    .then((settled) => port.postMessage(settled), (error: unknown) => { throw error; });
});
