/** Rows against each other: twins, contradictions and leaks, with both places; close to linear, and the same every time. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareRows, findLeaks, type Pace } from "../../../../src/core/data/content/compareRows";
import { rowsOfParsed, type FileRows } from "../../../../src/core/data/content/fileRows";
import { likeness } from "../../../../src/core/data/content/likeness";
import { Numbers } from "../../../../src/core/data/content/numbers";
import { pairs, wordHashes } from "../../../../src/core/data/content/words";
import { parseDataset } from "../../../../src/core/data/parse";
import { seededRandom } from "../../../../src/core/random";

const pace: Pace = { turn: async () => {} };
const row = (instruction: string, output: string, input = ""): string => JSON.stringify({ instruction, input, output });
const rowsOf = (...lines: string[]): FileRows => rowsOfParsed(parseDataset(lines.join("\n")));
/** `line code twin's line`, lines from 1. */
const twins = async (...lines: string[]): Promise<string[]> => (await compareRows(rowsOf(...lines), pace)).map(({ line, code, related }) => `${line + 1} ${code} ${related!.line + 1}`);

const question = "Explain in a few sentences why the leaves of many trees turn yellow and red in the autumn before they fall to the ground.";
const answer = "In autumn the days grow shorter and the trees stop making chlorophyll, the green pigment. What is left are yellow carotenoids, and some trees make red anthocyanins as well. At last a layer of cork closes the stem of each leaf, and it falls.";

/** The least of some tries: a busy machine makes any single one slow. */
const leastMs = async (work: () => Promise<unknown>): Promise<number> => {
  let least = Infinity;
  for (let attempt = 0; attempt < 3; attempt++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
};

test.each<[string, (rows: readonly string[]) => string]>([
  ["an array on one line", (rows) => `[${rows.join(", ")}]`],
  ["a task whose instances share its description", (rows) => JSON.stringify({ Definition: ["Answer."], "Positive Examples": [], "Negative Examples": [], Instances: rows.map((each, id) => { const { instruction, output } = JSON.parse(each) as { instruction: string; output: string }; return { id: `t-${id}`, input: instruction, output: [output] }; }) }, null, 1)],
])("%s takes time in proportion to its rows", async (_, fileOf) => {
  const random = seededRandom("rows"), word = (): string => Math.floor(random() * 1e9).toString(36);
  const rows = Array.from({ length: 4800 }, () => row(Array.from({ length: 30 }, word).join(" "), Array.from({ length: 20 }, word).join(" ")));
  const [few, many] = [rows.slice(0, 600), rows].map((some) => rowsOfParsed(parseDataset(fileOf(some), { file: "rows.json" }))) as [FileRows, FileRows];
  // Eight times the rows: 8 where it is linear, 64 where each row looks at all.
  expect(await leastMs(() => compareRows(many, pace)) / await leastMs(() => compareRows(few, pace))).toBeLessThan(24);
});

describe("within a file", () => {
  test("the same conversation in other JSON", async () => {
    const [a, b] = ['{"instruction":"Name a fruit.","output":"Apple."}', '{ "output": "Apple.", "instruction": "Name a fruit.", "input": "" }'];
    expect(await twins(a, row("Name a tree.", "Oak."), b)).toEqual(["3 duplicate-conversation 1"]);
    const [problem] = await compareRows(rowsOf(a, b), pace);
    expect(b.slice(problem!.span.start, problem!.span.end)).toBe('"Name a fruit."');
    expect(problem).toMatchObject({ severity: "warning", related: { line: 0, span: { start: 15, end: 30 } } });
  });
  test("the same line is the parser's to tell", async () => {
    expect(await compareRows(rowsOf(row("Name a fruit.", "Apple."), row("Name a fruit.", "Apple.")), pace)).toEqual([]);
  });
  test("capitals, punctuation and blanks", async () => expect(await twins(row("Who was the first president?", "Washington"), row("who was  the first President", "Washington."))).toEqual(["2 near-duplicate 1"]));
  test("some words of many", async () => {
    const near = row(question.replace("a few", "some"), answer.replace("At last", "In the end"));
    expect(await twins(row(question, answer), row("Who was the first president?", "Washington"), near)).toEqual(["3 near-duplicate 1"]);
    expect((await compareRows(rowsOf(row(question, answer), near), pace))[0]!.message).toMatch(/^Nearly the same row as line 1: 8\d% of the word pairs agree\./);
  });
  test.each([
    ["another number", row("What is 12 + 15 - 3, and how did you come to that result? Show each of the steps.", "24"), row("What is 12 + 16 - 3, and how did you come to that result? Show each of the steps.", "24")],
    ["another operator", row("What is 5 + 3?", "8"), row("What is 5 - 3?", "8")],
    ["another country", row("What is the capital of France?", "A city"), row("What is the capital of Spain?", "A city")],
    ["the same answer to another question", row("Is the sky blue on a clear day?", "Yes, it is, for the air scatters blue light more than red light."), row("Does air scatter some colours more?", "Yes, it is, for the air scatters blue light more than red light.")],
  ])("not alike: %s", async (_, a, b) => expect(await twins(a, b)).toEqual([]));

  test("what all rows share does not make them alike", async () => {
    const task = "Read the following review of a product that a customer has written on the website of a shop and say whether the customer liked the product or did not like it. Answer with one word only.";
    const words = "kettle lamp chair novel phone cable scarf violin tent cake soap ladder mirror drone glove".split(" ");
    const rows = words.flatMap((word) => ["splendid", "awful", "dull"].map((kind) => row(task, kind === "splendid" ? "positive" : "negative", `This ${word} is ${kind}.`)));
    expect(await twins(...rows)).toEqual([]);
  });

  test("contradictions, grave where the answers are short and neither says more", async () => {
    const tell = async (a: string, b: string): Promise<string[]> => (await compareRows(rowsOf(row("At how many degrees does water freeze?", a), row("At how many degrees does water freeze", b)), pace)).map(({ code, severity }) => `${code} ${severity}`);
    expect(await tell("0 degrees", "100 degrees")).toEqual(["conflicting-output warning"]);
    expect(await tell("32", "32 degrees Fahrenheit")).toEqual(["conflicting-output information"]);
    expect(await tell("It freezes at zero degrees Celsius.", "At thirty-two degrees Fahrenheit, I would say.")).toEqual(["conflicting-output information"]);
  });
  test("another system message is another question", async () => {
    const chat = (system: string, said: string): string => JSON.stringify({ messages: [{ role: "system", content: system }, { role: "user", content: "Who goes there?" }, { role: "assistant", content: said }] });
    expect(await twins(chat("You are a knight.", "Sir Robin."), chat("You are a thief.", "Nobody."))).toEqual([]);
    expect(await twins(chat("You are a knight.", "Sir Robin."), chat("You are a knight.", "Nobody."))).toEqual(["2 conflicting-output 1"]);
  });
});

describe("between two files", () => {
  const train = rowsOf(row("Name a fruit.", "Apple."), row(question, answer), row("How far is it to the moon?", "384,400 km"));
  const evaluation = rowsOf(row("Name a tree.", "Oak."), row("Name a fruit.", "Apple"), row(question.replace("a few", "some"), answer), row("How far is it to the Moon?", "Far."));

  test("the rows of the evaluation that the training has", async () => {
    expect(await findLeaks(train, evaluation, pace)).toEqual({ evalRows: 4, leaks: [
      { evalLine: 1, trainLine: 0, kind: "same", likeness: 1 }, { evalLine: 2, trainLine: 1, kind: "near", likeness: expect.closeTo(0.95, 1) as number }, { evalLine: 3, trainLine: 2, kind: "question", likeness: 1 },
    ] });
    expect(await findLeaks(train, rowsOf(row("Name a tree.", "Oak.")), pace)).toEqual({ evalRows: 1, leaks: [] });
  });
  test("as problems of either file", async () => {
    const problems = await compareRows(train, pace, { against: { rows: evaluation, file: "eval.jsonl", role: "eval" } });
    expect(problems.map(({ code, line, related }) => [code, line, related?.file, related?.line])).toEqual([["eval-leak", 0, "eval.jsonl", 1], ["eval-leak", 1, "eval.jsonl", 2], ["eval-leak", 2, "eval.jsonl", 3]]);
    expect(problems[0]!.message).toBe("This row is also in the evaluation file eval.jsonl, line 2: the evaluation measures what was learned by heart.");
  });
});

test("what is cancelled stops", async () => {
  const lines = Array.from({ length: 3000 }, (_, number) => row(`Say ${number}.`, `${number}`));
  let turns = 0;
  await expect(compareRows(rowsOf(...lines), { turn: async () => { if (++turns > 2) throw new Error("cancelled"); } })).rejects.toThrow("cancelled");
});

const vocabulary = "amber basin cedar delta ember fjord grove heron island jasper kelp lagoon meadow nectar opal pebble quartz ridge stone thistle umber valley willow yarrow zephyr harbour lantern marble orchard prairie".split(" ");
const sentence = (random: () => number, words: number): string => Array.from({ length: words }, () => [0, 1].map(() => vocabulary[Math.floor(random() * vocabulary.length)]).join("")).join(" ");

test("nearly all planted twins are found, nothing else, in any order and the same way twice", async () => {
  const random = seededRandom("twins");
  const originals = Array.from({ length: 400 }, () => [sentence(random, 30), sentence(random, 60)] as const);
  const copies = originals.slice(0, 100).map(([q, a]) => row(q.replace(/\w+$/, "thereafter"), a.replace(/^\w+ \w+/, "something else")));
  const lines = [...originals.map(([q, a]) => row(q, a)), ...copies];
  const found = await twins(...lines);
  expect(found.length).toBeGreaterThanOrEqual(97);
  for (const one of found) {
    const [line, code, twin] = one.split(" ");
    expect([code, Number(twin)]).toEqual(["near-duplicate", Number(line) - 400]);
  }
  expect(await twins(...lines)).toEqual(found);
  expect((await twins(...lines.reverse())).length).toBe(found.length);
});

test("a file of one row a thousand times over, and of rows that differ in a word, is no more work than any other", async () => {
  const lines = Array.from({ length: 4000 }, (_, number) => row(`${question} (${vocabulary[number % 30]} ${number})`, answer));
  let compared = 0;
  const rows = rowsOf(...lines);
  await compareRows({ ...rows, again: async (line, number) => { compared++; return rows.again(line, number); } }, pace);
  expect(compared).toBeLessThanOrEqual(4 * lines.length);
});

test("likeness is that of sets of pairs; words are told apart as a reader would", () => {
  const words = (text: string): number[] => { const result = new Numbers(); wordHashes(text, result); return [...result.all]; };
  const pairsOf = (numbers: readonly number[]): number[] => {
    const [from, result] = [new Numbers(), new Numbers()];
    for (const number of numbers) from.push(number);
    pairs(from, result);
    return [...result.all];
  };
  expect(words("Hello, WORLD!")).toEqual(words("hello world"));
  expect(words("3-4")).not.toEqual(words("3 4"));
  expect(words("well-known")).toEqual(words("well known"));
  expect(words("日本語")).toHaveLength(3);
  expect(words("a{b}")).toHaveLength(4);
  // A text with one character beyond ASCII goes another way to the same words.
  for (const text of ["Hello, WORLD", "well-known 3-4, a-1 -b", "x - y", "a{b} = c_d"]) expect(words(`${text}”`)).toEqual(words(text));
  fc.assert(fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(20)), (a, b) => {
    const [x, y] = [new Set(pairsOf(a)), new Set(pairsOf(b))];
    const all = new Set([...x, ...y]);
    expect(likeness([...x], [...y])).toBeCloseTo(all.size === 0 ? 1 : [...x].filter((pair) => y.has(pair)).length / all.size);
  }));
});

describe("rows on one line", () => {
  const array = async (...rows: string[]): Promise<string[]> => {
    const parsed = parseDataset(`[${rows.join(", ")}]`, { file: "rows.json" });
    return [...parsed.problems, ...await compareRows(rowsOfParsed(parsed), pace)].map(({ code, span, related, message }) => `${parsed.text.slice(span.start, span.end).slice(0, 12)} ${code}${related ? ` ${parsed.text.slice(related.span.start, related.span.end).slice(0, 12)} ${/column \d+ of this line/.exec(message)?.[0] ?? ""}` : ""}`);
  };

  test("are told of as rows on lines of their own are", async () => {
    const first = row(question, answer), other = row("Name a fruit.", "An apple."), otherJson = `{"output": ${JSON.stringify("An apple.")}, "instruction": "Name a fruit.", "input": ""}`;
    const found = await array(first, other, row(question.replace("a few", "some"), answer), first, otherJson, row("Name a fruit!", "An apple."), row("Name a fruit.", "A pear."));
    expect(found).toEqual([
      expect.stringMatching(/^\{"instructio duplicate-row/), '"Explain in  near-duplicate "Explain in  column 17 of this line', expect.stringMatching(/^"Name a frui duplicate-conversation "Name a frui column (\d+) of this line$/),
      expect.stringMatching(/^"Name a frui near-duplicate "Name a frui column \d+/), expect.stringMatching(/^"Name a frui conflicting-output "Name a frui column \d+/),
    ]);
  });

  test("conversations of one row are not told of, those of two rows are", async () => {
    const task = (...outputs: string[]): string => JSON.stringify({ Definition: [question], Instances: outputs.map((output) => ({ input: "", output: [output] })) });
    expect(await array(task(answer, `${answer} Truly.`), task("Other words altogether, about another thing."))).toEqual([expect.stringContaining("conflicting-output")]);
    expect((await array(task(answer, `${answer} Truly.`), task(answer))).filter((problem) => problem.includes("duplicate-conversation"))).toHaveLength(1);
  });
});
