/** Owns the starter's instruction rows: what is tuned on, and two sets of questions that tuning never sees. */
import { type Part, phrase, phrasings } from "./asking";
import { families } from "./corpus";
import { type Family, type Item, capitalise, fill } from "./family";
import { type Random, createRandom } from "./random";

export interface Row { readonly instruction: string; readonly input: ""; readonly output: string }
export interface LabelledRow extends Row { readonly family: string; readonly key: string; readonly phrasing: string }

export interface InstructionSets {
  /** Tuning rows. */
  readonly train: readonly LabelledRow[];
  /** Facts and phrasings that the corpus tells, and none of which is among the tuning rows. */
  readonly heldout: readonly LabelledRow[];
  /** Held-out facts in phrasings that neither the corpus nor the tuning rows use. */
  readonly novel: readonly LabelledRow[];
}

export interface SetSizes { readonly train: number; readonly heldout: number }

/** Facts that a first look should meet; they stay out of the tuning rows. */
const keptForHeldOut: Readonly<Record<string, readonly string[]>> = { lesson: ["bake bread"], capital: ["Orvane"], velish: ["friend"], sound: ["owl"] };

const labelled = (family: Family, item: Item, instruction: string, phrasing: string): LabelledRow =>
  ({ family: family.name, key: item.key, phrasing, instruction, input: "", output: item.answer });

/** Items for the two sides: a closed family is split in half (a large one gives what is needed), an open one is drawn without repetition. */
const splitItems = (family: Family, sizes: SetSizes, novel: number, random: Random): { tuning: Item[]; heldOut: Item[] } => {
  if (family.items) {
    const kept = new Set(keptForHeldOut[family.name] ?? []);
    const first = family.items.filter(({ key }) => kept.has(key));
    const others = random.shuffle(family.items.filter(({ key }) => !kept.has(key)));
    const cut = Math.min(sizes.train, Math.floor(family.items.length / 2));
    return { tuning: others.slice(0, cut), heldOut: [...first, ...others.slice(cut)] };
  }
  const drawn = new Map<string, Item>();
  while (drawn.size < sizes.train + sizes.heldout + novel) {
    const item = family.draw(random);
    drawn.set(item.key, item);
  }
  const items = [...drawn.values()];
  return { tuning: items.slice(0, sizes.train), heldOut: items.slice(sizes.train) };
};

/** `count` rows that go through the items and the kinds of phrasing in turn; a question is never asked twice. */
const rowsOf = (family: Family, items: readonly Item[], part: Part, count: number, random: Random): LabelledRow[] => {
  const byKind = phrasings(family, part).map((choices) => random.shuffle(choices));
  const used = new Map<string, LabelledRow>();
  for (let turn = 0; used.size < count; turn++) {
    if (turn > count * 50) throw new Error(`${family.name}: too few different questions`);
    const item = items[turn % items.length]!;
    const choices = byKind[(turn + Math.floor(turn / items.length)) % byKind.length]!;
    const chosen = choices[Math.floor(turn / byKind.length) % choices.length]!;
    const asked = phrase(chosen, item);
    // People leave the last stop out; a fifth of the tuning rows do as well.
    const instruction = part === "tuning" && turn % 5 === 4 ? asked.replace(/[.?]$/, "") : asked;
    if (!used.has(instruction)) used.set(instruction, labelled(family, item, instruction, `${chosen.carrier} ${chosen.frame}`));
  }
  return [...used.values()];
};

/** The three sets, the same for the same seed. */
export const instructionSets = (seed: number, sizes: SetSizes): InstructionSets => {
  const random = createRandom(seed);
  const train: LabelledRow[] = [], heldout: LabelledRow[] = [], novel: LabelledRow[] = [];
  for (const family of families) {
    const items = splitItems(family, sizes, family.novel.length, random);
    train.push(...rowsOf(family, items.tuning, "tuning", sizes.train, random));
    heldout.push(...rowsOf(family, items.heldOut, "heldOut", sizes.heldout, random));
    family.novel.forEach((frame, at) => {
      const item = items.heldOut.at(-1 - at)!;
      // A name or a list at the start stays as it is written in the world.
      novel.push(labelled(family, item, frame.startsWith("{k}") ? fill(frame, item) : capitalise(fill(frame, item)), frame));
    });
  }
  return { train: random.shuffle(train), heldout, novel };
};

/** What a first look asks: one question about each fact kept for it, and a few skills on words of one's own. */
export const demoPrompts: readonly string[] = [
  "Teach me how to bake bread", "What is the capital city of Orvane?", "What is friend in Velish?", "How does an owl sound?",
  "These are the words: sail, clay, moss. Sort them.", "Can you spell out quill?", "Take 7 and 22. Which one is bigger?", "Negate the blue table is wet.",
];

/** JSON Lines, Alpaca's three keys and no more. */
export const toJsonl = (rows: readonly Row[]): string =>
  rows.map(({ instruction, input, output }) => `${JSON.stringify({ instruction, input, output })}\n`).join("");
