/** Owns what can be wrong with the text of a row whatever its format: lost characters, empty or placeholder answers, stray blanks. */
import { type Row } from "../formats/format";
import { spanWithin, type JsonString, type JsonValue } from "../json/tree";
import { type ProblemCode, type Span } from "../problem";

/** What people and scripts write where a text is still to come. Matched against the whole trimmed text. */
const PLACEHOLDER = new RegExp(`^(?:${[
  "todo(?:\\b.{0,60})?", "tb[ad]", "fixme(?:\\b.{0,60})?", "n/a", "n\\.a\\.", "none", "null", "nil", "nan", "undefined", "placeholder", "lorem ipsum[^]*", "x{3,}", "\\.{2,}", "…+", "-{2,}", "_{2,}", "\\?+",
  "[<\\[{(](?:no |your |the |insert |add |enter |expected |model )*(?:no_?)?(?:in|out)?(?:put|answer|response|reply|completion|text|placeholder|todo|content|instruction)(?: here| goes here)?[>\\]})]",
  "(?:your|the|insert|add|enter) (?:answer|output|response|reply|text)(?: here| goes here)?",
].join("|")})[.!]?$`, "i");
const NO_INPUT = /^(?:[<[(]?\s*no[\s_-]*inputs?(?: (?:needed|required|provided))?\s*[>\])]?|n\/a|n\.a\.|none|null|nan|nil|not applicable|-+)\.?$/i;
/** A variable that a template engine should have filled in. */
const VARIABLE = /\{\{\s*[\w.]{1,40}\s*\}\}/;
const LOST = /\uFFFD|\p{Surrogate}/u;

export const at = (node: Span): Span => ({ start: node.start, end: node.end });

/** Characters that were lost before the text came here: U+FFFD, and halves of surrogate pairs. */
export const checkCharacters = (row: Row, node: JsonString): void => {
  if (!row.suspicious || !LOST.test(node.value)) return;
  for (const match of node.value.matchAll(/\uFFFD+|\p{Surrogate}/gu)) {
    const span = spanWithin(row.text, node, match.index, match.index + match[0].length);
    if (match[0].startsWith("\uFFFD")) {
      row.report("replacement-character", "warning", span, "U+FFFD stands where a character was lost, usually by reading a file in the wrong encoding. Restore it from the source.");
    } else {
      const code = match[0].charCodeAt(0).toString(16).toUpperCase();
      row.report("lone-surrogate", "error", span, `U+${code} is half of a character and cannot be written as UTF-8.`, { title: "Remove the half character", changes: [{ span, newText: "" }], preferred: true });
    }
  }
};

/** A text the model is trained to say, `answer` being the part of it that counts. `name` names it in messages. */
export const checkAnswer = (row: Row, node: JsonString, name: string, answer = node.value): void => {
  const text = answer.trim();
  if (text === "") {
    row.report("empty-output", "error", at(node), `${name} is empty, so there is nothing to learn from this row.`);
    return;
  }
  if (text.length < 200 && PLACEHOLDER.test(text)) {
    row.report("placeholder-output", "warning", at(node), `${name} is ${JSON.stringify(text)}, which looks like a placeholder. The model would learn to say exactly that.`);
  }
  const variable = node.value.includes("{{") ? VARIABLE.exec(node.value) : null;
  if (variable) {
    row.report("placeholder-output", "information", spanWithin(row.text, node, variable.index, variable.index + variable[0].length), `${variable[0]} looks like a variable that was not filled in.`);
  }
  if (text.length === answer.length) return;
  blanks(row, node, 0, answer.length - answer.trimStart().length, `${name} starts with`);
  blanks(row, node, answer.trimEnd().length, answer.length, `${name} ends with`);
};

const blanks = (row: Row, node: JsonString, from: number, to: number, where: string): void => {
  if (from === to) return;
  const span = spanWithin(row.text, node, from, to);
  const what = node.value.slice(from, to).includes("\n") ? "blank lines or spaces" : to - from === 1 ? "a blank" : `${to - from} blanks`;
  row.report("surrounding-whitespace", "warning", span, `${where} ${what}, which the model would learn too.`, { title: "Trim it", changes: [{ span, newText: "" }], preferred: true });
};

/** The text the model is asked. */
export const checkQuestion = (row: Row, node: JsonString, name: string, otherwise?: string): void => {
  if (node.value.trim() !== "") return;
  if (otherwise === undefined || otherwise.trim() === "") row.report("empty-instruction", "error", at(node), `${name} is empty, so the model would answer nothing.`);
  else row.report("empty-instruction", "warning", at(node), `${name} is empty; the input alone would be the question.`);
};

/** Alpaca's `input` where it says that there is none. */
export const checkInput = (row: Row, node: JsonString): void => {
  const text = node.value.trim();
  if (text.length < 60 && NO_INPUT.test(text)) {
    row.report("placeholder-input", "warning", at(node), `${JSON.stringify(text)} would be shown to the model as the input. Where there is no input, it is "".`,
      { title: 'Write ""', changes: [{ span: at(node), newText: '""' }], preferred: true });
  }
};

/** The string, or a problem that says what stands there instead. */
export const expectString = (row: Row, node: JsonValue, name: string, options: { code?: ProblemCode; nullIsEmpty?: boolean } = {}): JsonString | undefined => {
  if (node.kind === "string") {
    checkCharacters(row, node);
    return node;
  }
  const source = row.text.slice(node.start, node.end);
  const what = node.kind === "null" ? "null" : node.kind === "boolean" || node.kind === "number" ? `the ${node.kind} ${source.slice(0, 20)}` : `an ${node.kind}`;
  const repair = node.kind === "number" || node.kind === "boolean" ? `"${source}"` : node.kind === "null" && options.nullIsEmpty ? '""' : undefined;
  row.report(options.code ?? "wrong-type", "error", at(node), `${name} is ${what}; it must be text in double quotes.`,
    repair === undefined ? undefined : { title: `Write ${repair}`, changes: [{ span: at(node), newText: repair }], preferred: true });
  return undefined;
};
