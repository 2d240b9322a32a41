/** The three sets must be what they are called: same world, no shared facts, no shared phrasings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { documents, families } from "../../../scripts/starter/corpus";
import { factFamilies } from "../../../scripts/starter/facts";
import { type LabelledRow, instructionSets, toJsonl } from "../../../scripts/starter/instructions";
import { rowSeed, setSizes } from "../../../scripts/starter/recipe";
import { take } from "../../../scripts/starter/random";

const sets = instructionSets(rowSeed, setSizes);
const prose = [...take(documents(2), 20_000)].join(" ");
const tags = (rows: readonly LabelledRow[], tag: (row: LabelledRow) => string): Set<string> => new Set(rows.map(tag));
const shared = (left: Set<string>, right: Set<string>): string[] => [...left].filter((entry) => right.has(entry));

describe("the world", () => {
  test("is the same for the same seed and another for another", () => {
    expect([...take(documents(5), 50)]).toEqual([...take(documents(5), 50)]);
    expect([...take(documents(5), 50)]).not.toEqual([...take(documents(6), 50)]);
  });

  test("knows one answer to a key, and every family has its own name", () => {
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { name, items } of families) {
      if (items) expect(new Set(items.map(({ key }) => key)).size, name).toBe(items.length);
    }
  });

  test("tells every fact in its prose", () => {
    const words = prose.toLowerCase();
    const untold = factFamilies.flatMap(({ name, items }) => items!.filter(({ key, answer }) => !words.includes(key.toLowerCase()) || !words.includes(answer.toLowerCase())).map(({ key }) => `${name}: ${key}`));
    expect(untold).toEqual([]);
  });
});

describe("the instruction sets", () => {
  test("have the promised sizes and no question twice", () => {
    expect(sets.train).toHaveLength(families.length * setSizes.train);
    expect(sets.heldout).toHaveLength(families.length * setSizes.heldout);
    expect(sets.heldout.length).toBeGreaterThanOrEqual(200);
    const questions = [...sets.train, ...sets.heldout, ...sets.novel].map(({ instruction }) => instruction);
    expect(new Set(questions).size).toBe(questions.length);
  });

  const fact = (row: LabelledRow): string => `${row.family}: ${row.key}`;
  test("ask in tuning about nothing that the other two sets ask about", () => {
    expect(shared(tags(sets.train, fact), tags([...sets.heldout, ...sets.novel], fact))).toEqual([]);
  });

  test("share no phrasing", () => {
    const [train, heldout, novel] = [sets.train, sets.heldout, sets.novel].map((rows) => tags(rows, (row) => row.phrasing)) as [Set<string>, Set<string>, Set<string>];
    expect(shared(train, heldout)).toEqual([]);
    expect(shared(train, novel)).toEqual([]);
    expect(shared(heldout, novel)).toEqual([]);
  });

  test("hold out phrasings that the prose uses, and novel ones that it never does", () => {
    const onePerPhrasing = (rows: readonly LabelledRow[]): LabelledRow[] => [...new Map(rows.map((row) => [`${row.family} ${row.phrasing}`, row])).values()];
    const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const inProse = ({ instruction, key }: LabelledRow): boolean => {
      const at = instruction.toLowerCase().indexOf(key.toLowerCase());
      // Not every key takes the article that this one takes.
      const before = instruction.slice(0, at).replace(/\ban? $/, ""), after = instruction.slice(at + key.length);
      if (!prose.includes(before) || !prose.includes(after)) return false;
      return before === "" || new RegExp(`${literal(before)}[^.?!:]{1,60}${literal(after)}`).test(prose);
    };
    expect(onePerPhrasing(sets.heldout).filter((row) => !inProse(row)).map(({ instruction }) => instruction)).toEqual([]);
    expect(onePerPhrasing(sets.novel).filter(inProse).map(({ instruction }) => instruction)).toEqual([]);
  });

  test("are what lies in starter/", () => {
    const starter = join(__dirname, "../../../starter");
    for (const name of ["train", "heldout", "novel"] as const) expect(readFileSync(join(starter, `${name}.jsonl`), "utf8")).toBe(toJsonl(sets[name]));
  });
});
