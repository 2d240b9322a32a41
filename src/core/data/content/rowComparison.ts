/** Owns the comparison of rows with each other: what is the same, nearly the same, asked the same and answered otherwise, within a file or between two. Rows come in one by one; memory is about 350 bytes a row. */
import { doubled } from "../../doubled";
import { type DatasetRecord } from "../record";
import { FirstRows } from "../rows/firstRows";
import { NearIndex } from "./nearIndex";
import { likeness, type Shared } from "./likeness";
import { Numbers } from "./numbers";
import { Suspects } from "./suspects";
import { featuresOf, pairsOf, wordHashes, type Features, type Pairs } from "./words";

/** same: every message. words: but for capitals, punctuation and blanks. near: see `LIKE`. answer: the same question, another answer. question: the same question (between two files). */
export type TwinKind = "same" | "words" | "near" | "answer" | "question";

export interface Twin {
  /** Numbers of the rows, from 0 in the order of adding; `twin` came first. Between two files `row` is the asker's and `twin` the index's. */
  readonly row: number;
  readonly twin: number;
  readonly kind: TwinKind;
  /** Share of the word pairs that both have, of those that either has; 1 for what is the same. */
  readonly likeness: number;
  /** Both answers are a few words, so that one of them is probably wrong. */
  readonly short?: boolean;
}

/** Question and answer must each be this much alike, weighted by how rare their word pairs are in the file; and both together as they stand. */
const [LIKE, LIKE_AS_THEY_STAND] = [0.75, 0.8];
/** Estimates are rough, so that less is looked at. */
const WORTH_A_LOOK = 0.5;
const LOOKS = 3;
const SHORT_ANSWER = 5;
/** Rows whose pairs are kept from one comparison to the next. */
const KNOWN = 256;

export class RowComparison {
  private readonly exact = new FirstRows();
  private readonly words = new FirstRows();
  private readonly questions = new FirstRows();
  private answers = new Uint32Array(1024);
  private answerWords = new Uint8Array(1024);
  private readonly near = new NearIndex();
  /** Of the rows compared last. A WeakMap would keep each until the next full collection of garbage. */
  private readonly known = new Map<DatasetRecord, Pairs>();
  private readonly rare = new Numbers();
  private rows = 0;
  /** Twins that are sure. */
  readonly found: Twin[] = [];
  /** Rows with earlier ones that may be nearly the same: `compare` says, with both at hand. */
  readonly possible = new Suspects();

  /** `shared` has counted a sample of the rows: the word pairs that many of them share. */
  constructor(private readonly shared: Shared) {}

  /** Compares the next row with those before it, and keeps it. */
  add(record: DatasetRecord): void {
    const features = featuresOf(record);
    const row = this.rows++;
    if (this.answers.length < this.rows) [this.answers, this.answerWords] = [doubled(this.answers), doubled(this.answerWords)];
    this.answers[row] = features.answer;
    this.answerWords[row] = Math.min(255, features.answerWords);
    const same = this.exact.first(features.exact, row);
    const words = this.words.first(features.words, row);
    const asked = features.question && this.questions.first(features.question, row);
    // A near twin is looked for even where the row is one already: it must be there for later ones. But a copy adds nothing.
    if (same !== undefined || words !== undefined) this.near.skip();
    const near = same === undefined && words === undefined ? this.lookNear(features, true) : [];
    if (same !== undefined) this.found.push({ row, twin: same, kind: "same", likeness: 1 });
    else if (words !== undefined) this.found.push({ row, twin: words, kind: "words", likeness: 1 });
    else if (asked !== undefined && this.answers[asked] !== features.answer) {
      const short = features.answerWords <= SHORT_ANSWER && this.answerWords[asked]! <= SHORT_ANSWER;
      // A dozen answers to one question are mostly plain to tell apart.
      const isAlike = near.includes(asked) || this.near.mayBeAlike(asked, WORTH_A_LOOK / 2);
      this.possible.add(row, isAlike ? [asked, ...near.filter((twin) => twin !== asked)] : near, { asked, short });
    } else if (near.length > 0) this.possible.add(row, near);
  }

  /** Compares a row of another file with those kept; its number comes back as `row`. */
  ask(record: DatasetRecord, row: number): void {
    const features = featuresOf(record);
    const same = this.exact.first(features.exact) ?? this.words.first(features.words);
    const asked = features.question && features.asked > 3 ? this.questions.first(features.question) : undefined;
    if (same !== undefined) this.found.push({ row, twin: same, kind: "same", likeness: 1 });
    else if (asked !== undefined) this.found.push({ row, twin: asked, kind: "question", likeness: 1 });
    else {
      const near = this.lookNear(features, false);
      if (near.length > 0) this.possible.add(row, near);
    }
  }

  /** Compares two whole rows; undefined where they are not nearly the same. */
  compare(row: number, record: DatasetRecord, twin: number, other: DatasetRecord): Twin | undefined {
    const [a, b] = [this.pairs(record), this.pairs(other)];
    const weight = (pair: number): number => this.shared.weight(pair);
    if (likeness(a.asked, b.asked, weight) < LIKE || likeness(a.answered, b.answered, weight) < LIKE || numbersOf(record) !== numbersOf(other)) return undefined;
    const both = likeness(a.both, b.both);
    return both < LIKE_AS_THEY_STAND ? undefined : { row, twin, kind: "near", likeness: both };
  }

  /** Rows are often compared with several others. */
  private pairs(record: DatasetRecord): Pairs {
    let found = this.known.get(record);
    if (!found) {
      if (this.known.size >= KNOWN) this.known.clear();
      this.known.set(record, found = pairsOf(record));
    }
    return found;
  }

  /** By the pairs that are the row's own; by all where those are few. */
  private lookNear({ pairs, asked }: Features, add: boolean): readonly number[] {
    const { rare, shared } = this;
    rare.size = 0;
    rare.reserve(pairs.size);
    let answered = 0;
    for (let at = 0; at < pairs.size; at++) {
      if (at === asked) answered = rare.size;
      if (!shared.isShared(pairs.list[at]!)) rare.list[rare.size++] = pairs.list[at]!;
    }
    if (asked >= pairs.size) answered = rare.size;
    return rare.size >= 8 ? this.near.look(rare, answered, WORTH_A_LOOK, LOOKS, add) : this.near.look(pairs, asked, WORTH_A_LOOK, LOOKS, add);
  }
}

/** Whether one of two short answers only says more than the other: "32" and "32 degrees". */
export const saysMore = (record: DatasetRecord, other: DatasetRecord): boolean => {
  const [a, b] = [record, other].map(({ messages }) => {
    const words = new Numbers();
    wordHashes(messages.findLast(({ role }) => role === "assistant")?.content ?? "", words);
    return new Set(words.all);
  }) as [Set<number>, Set<number>];
  return [...a].every((word) => b.has(word)) || [...b].every((word) => a.has(word));
};

/** A sum with another number in it is another question, however alike the words are. */
const numbersOf = ({ messages }: DatasetRecord): string =>
  messages.filter(({ role }) => role === "user").map(({ content }) => content.match(/\d+/g)?.join(" ") ?? "").join("\n");
