/** Owns the analysis of a whole file, and of a training file against an evaluation file: twins as problems with both places. Works on any `FileRows`, tells its progress and stops when it is asked to. */
import { doubled } from "../../doubled";
import { type Problem, type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord } from "../record";
import { type Block, type FileRows } from "./fileRows";
import { contentProblem } from "./place";
import { RowComparison, saysMore, type Twin } from "./rowComparison";
import { Shared } from "./likeness";
import { featuresOf } from "./words";

export interface Pace {
  /** Called now and then with the share that is done; lets others run, and throws where the work was cancelled. */
  turn(done: number): Promise<void>;
}
/** Rows between two turns: some milliseconds. */
const ROWS_A_TURN = 500;

/** Where each row stands, in typed arrays: a file may have millions. */
class Places {
  private lines = new Int32Array(1024);
  private shown = new Int32Array(1024);
  private spans = new Int32Array(2048);
  private numbers = new Int32Array(1024);
  private firsts = new Int32Array(1024);
  size = 0;

  /** `firstLine` is that of the record's block. */
  add(record: DatasetRecord, firstLine: number): void {
    const { line: shown = record.line, span } = firstQuestion(record);
    const line = firstLine + record.line;
    if (this.size === this.lines.length) {
      [this.lines, this.shown, this.spans, this.numbers, this.firsts] = [doubled(this.lines), doubled(this.shown), doubled(this.spans), doubled(this.numbers), doubled(this.firsts)];
    }
    this.lines[this.size] = line;
    this.shown[this.size] = firstLine + shown;
    this.spans[this.size * 2] = span.start;
    this.spans[this.size * 2 + 1] = span.end;
    // Which of its line's records it is, and which was the first of its row: an array may have all of its rows on one line.
    const follows = this.size > 0 && this.lines[this.size - 1] === line;
    this.numbers[this.size] = follows ? this.numbers[this.size - 1]! + 1 : 0;
    this.firsts[this.size] = follows && (record.part ?? 0) > 0 ? this.firsts[this.size - 1]! : this.size;
    this.size++;
  }

  /** Of the record. */
  line(row: number): number { return this.lines[row]!; }
  /** Of `span`. */
  lineShown(row: number): number { return this.shown[row]!; }
  span(row: number): Span { return { start: this.spans[row * 2]!, end: this.spans[row * 2 + 1]! }; }
  number(row: number): number { return this.numbers[row]!; }
  /** Whether two conversations are of one row of the file. */
  ofOneRow(row: number, other: number): boolean { return this.firsts[row] === this.firsts[other]; }
}

/** Rows that the parser has told of, by line; of one line in order. */
class Told {
  private readonly spans = new Map<number, Span[]>();

  add(line: number, span: Span): void {
    const known = this.spans.get(line);
    if (known) known.push(span);
    else this.spans.set(line, [span]);
  }

  /** `at` is where the row is underlined; a row that goes on over lines is underlined further down. */
  has(line: number, shown: number, at: Span): boolean {
    const spans = this.spans.get(line);
    if (!spans || shown !== line) return spans !== undefined;
    let low = 0;
    for (let high = spans.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if (spans[middle]!.start <= at.start) low = middle;
      else high = middle - 1;
    }
    return spans[low]!.start <= at.start && at.end <= spans[low]!.end;
  }
}

/** Where a row is underlined as a whole: at its first question, or where there is none at its first message. */
const firstQuestion = ({ messages }: DatasetRecord): { readonly line?: number; readonly span: Span } => messages.find(({ role }) => role === "user") ?? messages[0] ?? { span: { start: 0, end: 1 } };

export interface CompareOptions {
  /** The file that must not have rows in common with this one. */
  readonly against?: { readonly rows: FileRows; readonly file: string; readonly role: "train" | "eval" };
  /** Sees every block as it passes. */
  readonly onBlock?: (block: Block) => void | Promise<void>;
  /** Is told of every problem as it is found, instead of a list that grows with the file. */
  readonly tell?: (problem: Problem) => void;
}

/** The problems that only the whole file shows, in the order of the file; none where `tell` is told of them. */
export const compareRows = async (rows: FileRows, pace: Pace, { against, onBlock, tell }: CompareOptions = {}): Promise<Problem[]> => {
  const problems: Problem[] = [];
  const add = tell ?? ((problem: Problem): void => { problems.push(problem); });
  const shared = await sharedOf([rows, ...(against ? [against.rows] : [])]);
  const comparison = new RowComparison(shared);
  const places = new Places();
  const reading = against ? 0.6 : 0.8;
  for await (const block of rows.blocks()) {
    await onBlock?.(block);
    const { records } = block.parsed;
    // Of this block's rows alone: where the same row stands again is known by then.
    const told = new Told();
    const tellFound = (): void => {
      for (const twin of comparison.found.splice(0)) if (!told.has(places.line(twin.row), places.lineShown(twin.row), places.span(twin.row))) twinProblem(twin, places).forEach(add);
    };
    for (const { code, line, span } of block.parsed.problems) if (code === "duplicate-row") told.add(block.firstLine + line, span);
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!;
      comparison.add(record);
      places.add(record, block.firstLine);
      if (index % ROWS_A_TURN === 0) {
        tellFound();
        await pace.turn(block.done * reading);
      }
    }
    tellFound();
    await pace.turn(block.done * reading);
  }
  await confirmed(comparison, places, rows, rows, places, (done) => pace.turn(reading + done * 0.2), 0, (twin) => { twinProblem(twin, places).forEach(add); });
  if (against) (await leaksInto(comparison, places, rows, against, (done) => pace.turn(0.8 + done * 0.2))).forEach(add);
  return problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start);
};

const sharedOf = async (files: readonly FileRows[]): Promise<Shared> => {
  const shared = new Shared();
  for (const file of files) for await (const record of file.sample()) shared.count(featuresOf(record));
  return shared;
};

const onlySaysMore = async ({ row, twin }: Twin, places: Places, rows: FileRows): Promise<boolean> => {
  const [record, other] = [await rows.again(places.line(row), places.number(row)), await rows.again(places.line(twin), places.number(twin))];
  return record !== undefined && other !== undefined && saysMore(record, other);
};

/** Reads the rows again that may be nearly the same, the suspects from the `first` on, and tells the likeliest twin of each that is. */
const confirmed = async (comparison: RowComparison, places: Places, rows: FileRows, others: FileRows, otherPlaces: Places, turn: (done: number) => Promise<void>, first: number, add: (twin: Twin) => void): Promise<void> => {
  const { possible } = comparison;
  for (let number = first; number < possible.size; number++) {
    const { row, twins: candidates, otherwise } = possible.at(number);
    const record = candidates.length > 0 ? await rows.again(places.line(row), places.number(row)) : undefined;
    let best: Twin | undefined;
    for (const candidate of record ? candidates : []) {
      const other = await others.again(otherPlaces.line(candidate), otherPlaces.number(candidate));
      const twin = other && comparison.compare(row, record!, candidate, other);
      if (twin && twin.likeness > (best?.likeness ?? 0)) best = twin;
    }
    if (best) add(best);
    else if (otherwise) {
      const twin: Twin = { row, twin: otherwise.asked, kind: "answer", likeness: 1, short: otherwise.short };
      add(twin.short && await onlySaysMore(twin, places, rows) ? { ...twin, short: false } : twin);
    }
    if (number % 50 === 0) await turn((number - first) / (possible.size - first));
  }
};

const percent = (likeness: number): string => `${Math.floor(likeness * 100)}%`;

const twinProblem = ({ row, twin, kind, likeness, short }: Twin, places: Places): Problem[] => {
  // Conversations of one row are alike on purpose.
  if (places.ofOneRow(row, twin)) return [];
  const line = places.lineShown(twin), there = line === places.lineShown(row) ? `column ${places.span(twin).start + 1} of this line` : `line ${line + 1}`;
  const tell = (code: ProblemCode, severity: Severity, message: string, about: string): Problem[] =>
    [{ ...contentProblem(code, severity, places.lineShown(row), places.span(row), message), related: { line, span: places.span(twin), message: about } }];
  switch (kind) {
    // Rows that are the same letter by letter are the parser's to tell.
    case "same": return tell("duplicate-conversation", "warning", `The same conversation as ${there}, written as other JSON; it counts twice in training.`, "the same conversation");
    case "words": return tell("near-duplicate", "information", `The same words as ${there}, but for capitals, punctuation and blanks.`, "the same words");
    case "near": return tell("near-duplicate", "information", `Nearly the same row as ${there}: ${percent(likeness)} of the word pairs agree. What comes often is learned by heart.`, `${percent(likeness)} of the word pairs agree`);
    case "answer": return tell("conflicting-output", short ? "warning" : "information", `The same question as ${there}, which has another answer${short ? "; one of them is probably wrong" : ""}.`, "the same question, answered otherwise");
    case "question": return [];
  }
};

export interface Leak {
  /** Lines from 0 in the evaluation and the training file. */
  readonly evalLine: number;
  readonly trainLine: number;
  readonly kind: TwinKindOfLeak;
  readonly likeness: number;
}
type TwinKindOfLeak = Exclude<Twin["kind"], "answer" | "words">;

export interface Leaks { readonly leaks: readonly Leak[]; readonly evalRows: number }

/** The rows of an evaluation file that the training file has too: the same, nearly the same, or the same question. One for each row, in its order. */
export const findLeaks = async (train: FileRows, evaluation: FileRows, pace: Pace): Promise<Leaks> => {
  const comparison = new RowComparison(await sharedOf([evaluation, train]));
  const places = new Places();
  for await (const { parsed, firstLine } of evaluation.blocks()) {
    parsed.records.forEach((record) => {
      comparison.add(record);
      places.add(record, firstLine);
    });
    await pace.turn(0);
  }
  const { twins, places: asked } = await asking(comparison, places, evaluation, train, pace.turn);
  // By row: an array may have all of its rows on one line.
  const byRow = new Map<number, Leak>();
  for (const { row, twin, kind, likeness } of twins) {
    const leak: Leak = { evalLine: places.lineShown(twin), trainLine: asked.lineShown(row), kind: kind as TwinKindOfLeak, likeness };
    const known = byRow.get(twin);
    if (!known || known.kind !== "same" && leak.kind === "same") byRow.set(twin, leak);
  }
  return { leaks: [...byRow.values()].sort((a, b) => a.evalLine - b.evalLine), evalRows: places.size };
};

/** Twins of `other`'s rows among those that were added. */
const asking = async (comparison: RowComparison, places: Places, rows: FileRows, other: FileRows, turn: (done: number) => Promise<void>): Promise<{ twins: Twin[]; places: Places }> => {
  const [known, open] = [comparison.found.length, comparison.possible.size];
  const asked = new Places();
  for await (const { parsed, firstLine, done } of other.blocks()) {
    for (let index = 0; index < parsed.records.length; index++) {
      const record = parsed.records[index]!;
      comparison.ask(record, asked.size);
      asked.add(record, firstLine);
      if (index % ROWS_A_TURN === 0) await turn(done * 0.8);
    }
  }
  const twins = comparison.found.slice(known);
  await confirmed(comparison, asked, other, rows, places, (done) => turn(0.8 + done * 0.2), open, (twin) => { twins.push(twin); });
  return { twins, places: asked };
};

const leaksInto = async (comparison: RowComparison, places: Places, rows: FileRows, against: NonNullable<CompareOptions["against"]>, turn: (done: number) => Promise<void>): Promise<Problem[]> => {
  const { twins, places: asked } = await asking(comparison, places, rows, against.rows, turn);
  const first = new Map<number, Twin>();
  for (const twin of twins) if (!first.has(twin.twin)) first.set(twin.twin, twin);
  const theirs = against.role === "train" ? "the training file" : "the evaluation file";
  return [...first.values()].map(({ row, twin, kind, likeness }): Problem => {
    const what = kind === "same" ? "This row is also" : kind === "question" ? "This question is also" : `A row that is nearly the same (${percent(likeness)} of the word pairs) is`;
    return {
      ...contentProblem("eval-leak", "warning", places.lineShown(twin), places.span(twin), `${what} in ${theirs} ${against.file}, line ${asked.lineShown(row) + 1}: the evaluation measures what was learned by heart.`),
      related: { file: against.file, line: asked.lineShown(row), span: asked.span(row), message: `in ${theirs}` },
    };
  });
};
