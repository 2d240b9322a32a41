/** Owns what instructions ask for over a whole file: root verbs with their objects, as Self-Instruct and Alpaca drew them, and how many are different. */
import { fnv1a } from "../../random";
import { languageOf } from "../content/language";
import { type DatasetRecord } from "../record";
import { Column, Names, Tally, type Slice } from "./columns";
import { verbNounOf } from "./verbNoun";

/** As in the figure of the Self-Instruct paper. */
const [MOST_VERBS, MOST_NOUNS] = [20, 4];

export interface VerbSlice extends Slice { /** The direct objects that come most often with it. */ readonly nouns: readonly Slice[] }

export interface Instructions {
  /** Conversations that begin with an instruction, and how many different ones those are but for capitals and blanks. */
  readonly count: number;
  readonly different: number;
  /** The most frequent verbs that come with an object; the count of one is of those with an object. */
  readonly verbs: readonly VerbSlice[];
  /** How many verbs, and pairs of verb and object, there are in all. */
  readonly allVerbs: number;
  readonly allPairs: number;
  /** Instructions by what was found in them. */
  readonly kinds: readonly Slice[];
}

const KINDS = ["", "a verb with its object", "a verb without a noun as its object", "a question without such a verb", "no verb that was found", "not in English"] as const;

/** What the conversation begins by asking; undefined for bare texts. */
export const instructionOf = (record: DatasetRecord): string | undefined => {
  if (record.bare) return undefined;
  const written = record.alpaca?.instruction.trim() || record.messages.find(({ role }) => role === "user")?.content.trim();
  return written === "" ? undefined : written;
};

/** Most instructions are too short to tell: then their letters and the language of the whole conversation do. */
const mayBeEnglish = (text: string, conversationLanguage: string | undefined): boolean => {
  const language = languageOf(text);
  if (language !== undefined) return language === "English";
  return (conversationLanguage === undefined || conversationLanguage === "English") && !/[\u0370-\u1fff\u2e80-\ud7ff]{2}/.test(text.slice(0, 300)) && /[a-z]/i.test(text);
};

export class InstructionColumns {
  private readonly verbNames = new Names();
  private readonly nounNames = new Names();
  private readonly verbs = new Column();
  private readonly nouns = new Column();
  private readonly kinds = new Tally();
  private readonly hashes = new Column();

  /** `line` is what the row is told by; `conversationLanguage` decides where the instruction alone is too short to tell. Answers whether an English verb was found. */
  add(record: DatasetRecord, line: number, conversationLanguage: string | undefined): boolean {
    const instruction = instructionOf(record);
    let [verb, noun, kind] = [0, 0, 0];
    if (instruction !== undefined) {
      const english = mayBeEnglish(instruction, conversationLanguage);
      const found = english ? verbNounOf(instruction) : undefined;
      if (found) verb = this.verbNames.numberOf(found.verb);
      if (found?.noun !== undefined) noun = this.nounNames.numberOf(found.noun);
      kind = !english ? 5 : noun > 0 ? 1 : verb > 0 ? 2 : /\?\s*$/.test(instruction) || /^(?:what|who|whose|which|when|where|why|how|is|are|do|does|did|can|could|should|would|will)\b/i.test(instruction) ? 3 : 4;
    }
    this.verbs.push(verb);
    this.nouns.push(noun);
    if (kind > 0) this.kinds.add(kind, line);
    this.hashes.push(instruction === undefined ? 0 : fnv1a(/\s\s|[^\S ]/.test(instruction) ? instruction.toLowerCase().replace(/\s+/g, " ") : instruction.toLowerCase()) || 1);
    return verb > 0;
  }

  sumUp(lines: Uint32Array): Instructions {
    const verbCounts = new Map<number, number>();
    const pairs = new Set<number>();
    const all = new Set<number>();
    for (let row = 0; row < this.verbs.length; row++) {
      const verb = this.verbs.at(row), noun = this.nouns.at(row);
      if (verb > 0) all.add(verb);
      if (verb === 0 || noun === 0) continue;
      verbCounts.set(verb, (verbCounts.get(verb) ?? 0) + 1);
      pairs.add(verb * 65_536 + noun);
    }
    const top = [...verbCounts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_VERBS);
    const tallies = new Map(top.map(([verb]) => [verb, { own: new Tally(), nouns: new Tally() }]));
    for (let row = 0; row < this.verbs.length; row++) {
      const verb = this.verbs.at(row), tally = tallies.get(verb);
      if (!tally || this.nouns.at(row) === 0) continue;
      tally.own.add(verb, lines[row]!);
      tally.nouns.add(this.nouns.at(row), lines[row]!);
    }
    // In order, equal ones stand side by side: a Set of a million would take 60 MB.
    const hashes = this.hashes.view().sort();
    let different = 0;
    for (let at = 0; at < hashes.length; at++) if (hashes[at] !== 0 && hashes[at] !== hashes[at - 1]) different++;
    return {
      count: this.kinds.slices(String).reduce((sum, { count }) => sum + count, 0), different, allVerbs: all.size, allPairs: pairs.size,
      verbs: top.map(([verb]) => {
        const tally = tallies.get(verb)!;
        const [{ label, count, lines: first } = { label: "", count: 0, lines: [] }] = tally.own.slices((key) => this.verbNames.word(key));
        return { label, count, lines: first, nouns: tally.nouns.slices((key) => this.nounNames.word(key)).slice(0, MOST_NOUNS).map(plain) };
      }),
      kinds: this.kinds.slices((kind) => KINDS[kind]!).sort((a, b) => a.key - b.key).map(plain),
    };
  }
}

const plain = ({ label, count, lines }: Slice): Slice => ({ label, count, lines });
