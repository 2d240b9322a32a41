/** Owns the way from a file's rows to its report: sees every block once, keeps some numbers of each conversation. Never throws for what a file says. */
import { compareRows, type Pace } from "../content/compareRows";
import { contentOfAll } from "../content/contentProblems";
import { FileReport } from "../content/fileReport";
import { type Block, type FileRows } from "../content/fileRows";
import { languageOf, likelyLanguageOf } from "../content/language";
import { type Problem } from "../problem";
import { type DatasetRecord, type Role } from "../record";
import { rowSources, type ParsedRows } from "../parse";
import { rowAtPlace, type RowSource } from "../rows/rowSource";
import { rowOfRecord, rowTextIn } from "../rows/rowText";
import { type Basis, isToldOnce, readRow } from "../../text/lint";
import { IGNORE_LABEL } from "../../text/types";
import { CategoryColumns } from "./category";
import { Column, MOST_LINES, Names, Tally } from "./columns";
import { type DatasetReport, type ProblemSlice, type RoleCount } from "./datasetReport";
import { InstructionColumns } from "./instructions";
import { sumUpLengths } from "./lengths";
import { countWords } from "./wordCount";

/** Conversations between two turns. */
const AT_ONCE = 64;
const UNDETERMINED = "undetermined: short or mixed";
/** Ways of taking turns that are told apart. */
const MOST_PATTERNS = 12;

/** The report of a file. Throws what reading the rows, or `pace` where it was cancelled, throws. */
export const reportOn = async (rows: FileRows & { misjudged?(): boolean }, bytes: number, basis: Basis | undefined, pace: Pace): Promise<DatasetReport> => {
  for (;;) {
    const report = new ReportColumns(bytes, basis);
    await readInto(report, rows, pace);
    // Read as what most of its rows are not.
    if (!rows.misjudged?.()) return report.sumUp();
  }
};

const readInto = async (report: ReportColumns, rows: FileRows, pace: Pace): Promise<void> => {
  let before = 0;
  await compareRows(rows, pace, {
    tell: (problem) => report.file.addUnordered(problem),
    onBlock: async (block) => {
      const share = block.done - before;
      for (let from = 0; from === 0 || from < block.parsed.records.length; from += AT_ONCE) {
        report.add(block, from, from + AT_ONCE);
        await pace.turn((before + share * Math.min(1, (from + AT_ONCE) / Math.max(1, block.parsed.records.length))) * 0.8);
      }
      before = block.done;
    },
  });
};

class ReportColumns {
  readonly file = new FileReport(MOST_LINES);
  /** The rows of an array that share lines; then rows are told by their numbers. */
  private sharing: readonly RowSource[] | undefined;
  private readonly lines = new Column();
  private readonly lengths = new Column();
  private readonly trained = new Column();
  private readonly turns = new Tally();
  private readonly patterns = new Tally();
  private readonly patternNames = new Names(5000);
  private readonly languages = new Tally();
  private readonly crossings = new Tally();
  private readonly languageNames = new Names();
  private readonly crossingNames = new Names();
  private readonly instructions = new InstructionColumns();
  private readonly categories = new CategoryColumns();
  private readonly roles = new Map<Role, { messages: number; words: number; characters: number }>();
  private readonly tokens = { trained: 0, read: 0, cutTrained: 0, cutRead: 0 };
  private readonly told = new Set<string>();
  private refused = 0;

  constructor(private readonly bytes: number, private readonly basis: Basis | undefined) {}

  /** Records [from, to) of a block; with the first of them the block itself. */
  add(block: Block, from: number, to: number): void {
    const { parsed, firstLine } = block;
    if (from === 0) {
      this.file.block(block, contentOfAll);
      this.sharing = sharingRows(parsed);
    }
    for (let index = from; index < Math.min(to, parsed.records.length); index++) {
      const record = parsed.records[index]!, line = this.sharing ? rowOfRecord(this.sharing, record) ?? 0 : firstLine + record.line;
      this.lines.push(line);
      const words = this.addMessages(record, line);
      if (this.basis) this.addTokens(record, block, this.basis);
      else this.lengths.push(words);
      this.addLanguages(record, line);
      this.categories.add(rowJson(block, index));
    }
  }

  private addMessages({ messages }: DatasetRecord, line: number): number {
    let [all, spoken] = [0, 0];
    for (const { role, content } of messages) {
      let known = this.roles.get(role);
      if (!known) this.roles.set(role, known = { messages: 0, words: 0, characters: 0 });
      const words = countWords(content);
      all += words;
      known.messages++;
      known.words += words;
      known.characters += content.length;
      if (role !== "system") spoken++;
    }
    if (spoken > 0) this.turns.add(spoken, line);
    this.patterns.add(this.patternNames.numberOf(patternOf(messages.map(({ role }) => role))), line);
    return all;
  }

  private addTokens(record: DatasetRecord, { parsed, firstLine }: Block, basis: Basis): void {
    const { record: own, text, back } = rowTextIn(parsed, record);
    const { encoded, kept, trained, problems } = readRow(own, text, basis);
    const all = encoded?.ids.length ?? 0;
    const trainedInAll = encoded && kept < all ? encoded.labels.reduce((sum, label) => sum + (label === IGNORE_LABEL ? 0 : 1), 0) : trained;
    this.lengths.push(all);
    this.trained.push(trained);
    this.tokens.trained += trained;
    this.tokens.read += kept - trained;
    this.tokens.cutTrained += trainedInAll - trained;
    this.tokens.cutRead += all - kept - (trainedInAll - trained);
    // As `check --base` counts: refused by the template, or nothing left to learn.
    if (problems.some(({ severity }) => severity === "error")) this.refused++;
    this.file.add(problems.filter(({ code }) => !isToldOnce(code) || !this.told.has(code) && this.told.add(code)).map(back), firstLine);
  }

  private addLanguages(record: DatasetRecord, line: number): void {
    const asked = beginningOf(record, false), answered = beginningOf(record, true);
    const [question, answer] = [languageOf(asked), languageOf(answered)];
    const guessed = question === answer ? question ?? likelyLanguageOf(`${asked.slice(0, 250)}\n${answered.slice(0, 250)}`) : answer ?? question;
    // "Name three cities." has no word that only English has, but asks in English.
    const language = this.instructions.add(record, line, guessed) ? guessed ?? "English" : guessed;
    this.languages.add(this.languageNames.numberOf(language ?? UNDETERMINED), line);
    const crosses = question !== undefined && answer !== undefined && question !== answer;
    if (crosses) this.crossings.add(this.crossingNames.numberOf(`asked in ${question}, answered in ${answer}`), line);
  }

  sumUp(): DatasetReport {
    const { file, basis } = this, problems = this.problems();
    const lines = this.lines.view();
    const lengths = sumUpLengths(this.lengths.view(), lines, basis?.maxLength);
    const trained = basis && sumUpLengths(this.trained.view(), lines);
    return {
      format: file.format as DatasetReport["format"], formatReason: file.formatReason, bytes: this.bytes, ...(this.sharing && { places: "rows" as const }), rows: file.rows, usable: file.usable - this.refused, conversations: lines.length,
      basis: basis && { maxLength: basis.maxLength, template: basis.template.kind }, lengths, trained, tokens: basis && { ...this.tokens },
      roles: ORDER.flatMap((role): RoleCount[] => {
        const counts = this.roles.get(role);
        return counts ? [{ role, ...counts }] : [];
      }),
      turns: this.turns.slices(String).sort((a, b) => a.key - b.key).map(plain),
      patterns: this.patterns.slices((pattern) => this.patternNames.word(pattern)).slice(0, MOST_PATTERNS).map(plain),
      categories: this.categories.categories(lines), instructions: this.instructions.sumUp(lines),
      languages: this.languages.slices((language) => this.languageNames.word(language)).map(plain),
      crossings: this.crossings.slices((crossing) => this.crossingNames.word(crossing)).map(plain),
      duplicates: DUPLICATES.flatMap(({ codes, label }) => {
        const found = problems.filter(({ code }) => codes.includes(code));
        return found.length === 0 ? [] : [{ label, count: found.reduce((sum, { count }) => sum + count, 0), lines: [...new Set(found.flatMap(({ lines: own }) => own))].sort((a, b) => a - b).slice(0, MOST_LINES) }];
      }),
      problems,
    };
  }

  private placeOf({ line, span }: Problem): number { return this.sharing ? rowAtPlace(this.sharing, line, span.start) ?? 0 : line; }

  /** Errors first, of these the most frequent. */
  private problems(): ProblemSlice[] {
    const { counts, problems } = this.file;
    const rank = { error: 0, warning: 1, information: 2 };
    return counts.map(({ code, severity, count }) => ({ code, severity, count, lines: [...new Set(problems.filter((problem) => problem.code === code && problem.severity === severity).map((problem) => this.placeOf(problem)))].sort((a, b) => a - b) }))
      .sort((a, b) => rank[a.severity] - rank[b.severity] || b.count - a.count || (a.code < b.code ? -1 : 1));
  }
}

const sharingRows = (parsed: ParsedRows): readonly RowSource[] | undefined => {
  if (parsed.container !== "json") return undefined;
  const rows = rowSources(parsed);
  return rows.some(({ line }, index) => rows[index + 1]?.line === line) ? rows : undefined;
};

const ORDER: readonly Role[] = ["system", "user", "assistant", "tool"];
const DUPLICATES: readonly { readonly label: string; readonly codes: readonly string[] }[] = [
  { label: "the same row again", codes: ["duplicate-row"] }, { label: "the same conversation in other JSON", codes: ["duplicate-conversation"] },
  { label: "nearly the same", codes: ["near-duplicate"] }, { label: "the same question, another answer", codes: ["conflicting-output"] },
];

const plain = ({ label, count, lines }: { label: string; count: number; lines: readonly number[] }): { label: string; count: number; lines: readonly number[] } => ({ label, count, lines });

/** Turns that repeat are told once: "system, user, assistant × 3". */
const patternOf = (roles: readonly Role[]): string => {
  const opening = roles[0] === "system" ? ["system"] : [];
  const rest = roles.slice(opening.length);
  const rounds = rest.length / 2;
  const even = rounds > 1 && Number.isInteger(rounds) && rest.every((role, index) => role === (index % 2 === 0 ? "user" : "assistant"));
  return [...opening, ...(even ? [`(user, assistant) × ${rounds}`] : rest.length > 12 ? [...rest.slice(0, 12), "…"] : rest)].join(", ");
};

/** The first 1,000 characters of what is asked or answered. */
const beginningOf = ({ messages }: DatasetRecord, answers: boolean): string => {
  let text: string | undefined;
  for (const { role, content } of messages) {
    if (role === "system" || answers !== (role === "assistant")) continue;
    text = text === undefined ? content.slice(0, 1000) : `${text}\n${content.slice(0, 1000)}`;
    if (text.length >= 1000) break;
  }
  return (text ?? "").slice(0, 1000);
};

/** The row's own JSON; of one that holds several conversations with the first. */
const rowJson = ({ parsed }: Block, index: number): string | undefined => {
  if (parsed.container === "csv" || parsed.container === "tsv") return undefined;
  const record = parsed.records[index]!;
  if (parsed.container === "jsonl") return parsed.lines[record.line]!.text;
  const rows = rowSources(parsed), row = rowOfRecord(rows, record);
  // Long rows have their categories near their beginning or end; what is between costs time alone.
  return row === undefined ? undefined : rows[row]!.text.slice(0, 100_000);
};
