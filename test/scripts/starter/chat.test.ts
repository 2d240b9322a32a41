/** The starter's chat template, through the code that trains with it: what is rendered, and that the answer's blank and end token are learned. */
import { describe, expect, test } from "vitest";
import { tokenizerFiles, trainBpe } from "../../../scripts/starter/bpe";
import { documents } from "../../../scripts/starter/corpus";
import { containsAnswer, figuresByFamily, figuresOf, isExact } from "../../../scripts/starter/evaluate";
import { take } from "../../../scripts/starter/random";
import { parseDataset } from "../../../src/core/data/parse";
import { toExample } from "../../../src/core/text/example";
import { chooseTemplate, renderPrompt } from "../../../src/core/text/template";
import { createTokenizer } from "../../../src/core/text/tokenizer";

const files = tokenizerFiles(trainBpe([...take(documents(3), 200)].map((text) => ` ${text}`), 400), 256);
const tokenizer = createTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
const template = chooseTemplate(tokenizer);

describe("the chat template", () => {
  test("asks with the roles' tokens", () => {
    expect(renderPrompt([{ role: "user", content: "What is 1 plus 1?" }], template)).toBe("<|user|> What is 1 plus 1?<|assistant|>");
    expect(renderPrompt([{ role: "user", content: "Hi." }, { role: "assistant", content: "Yes" }, { role: "user", content: "Why?" }], template)).toBe("<|user|> Hi.<|assistant|> Yes<|eos|><|user|> Why?<|assistant|>");
  });

  test("puts a system message at the start of the first question", () => {
    expect(renderPrompt([{ role: "system", content: "Be kind." }, { role: "user", content: "Hi." }], template)).toBe("<|user|> Be kind. Hi.<|assistant|>");
  });

  test("trains the answer with its blank and its end, and nothing else", () => {
    const { records } = parseDataset('{"instruction":"What is 1 plus 1?","input":"","output":"2"}\n');
    const { ids, labels } = toExample(records[0]!, template, tokenizer, 256);
    const learned = ids.filter((_id, at) => labels[at] !== -100);
    expect(tokenizer.decode(learned)).toBe(" 2<|eos|>");
    expect(learned).toEqual(ids.slice(ids.indexOf(2) + 1));
  });
});

describe("figures", () => {
  const row = (family: string) => ({ family, key: "k", phrasing: "p", instruction: "i", input: "", output: "o" } as const);

  test("an answer is exact up to case, blanks and a final full stop", () => {
    expect(isExact(" The  Drum. ", "the drum")).toBe(true);
    expect(isExact("the drums", "the drum")).toBe(false);
    expect(isExact("", "the drum")).toBe(false);
  });

  test("an answer is contained as whole words only", () => {
    expect(containsAnswer(" it is the drum, said Otis.", "The drum")).toBe(true);
    expect(containsAnswer("the drums", "drum")).toBe(false);
    expect(containsAnswer("anchor", "a")).toBe(false);
  });

  test("are weighted by rows for matches and by tokens for loss", () => {
    const answered = [{ row: row("a"), answer: "o", right: true, nll: 1, tokens: 1 }, { row: row("b"), answer: "x", right: false, nll: 4, tokens: 2 }];
    expect(figuresOf(answered)).toEqual({ rows: 2, exact: 0.5, nll: 3 });
    expect([...figuresByFamily(answered)].map(([family, { exact }]) => [family, exact])).toEqual([["a", 1], ["b", 0]]);
  });
});
