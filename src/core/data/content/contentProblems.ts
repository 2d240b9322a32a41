/** Owns what can be said of one row's texts without a model and without the other rows: each check is a function of the record. Never throws. */
import { type ParsedDataset } from "../parse";
import { type Problem } from "../problem";
import { type DatasetRecord } from "../record";
import { originOf } from "../rows/place";
import { checkDegenerate } from "./degenerate";
import { checkLanguage } from "./language";
import { checkLeftovers } from "./leftovers";
import { checkPersonal } from "./personal";
import { checkPhrases } from "./phrases";
import { contentProblem, placeOf, type Inspected, type Report } from "./place";
import { checkSecrets } from "./secrets";
import { Sign, signsOf } from "./signs";

/** Each with the signs of which a text must have one for it to find anything; none where that cannot be told. */
const checks: readonly { readonly check: (inspected: Inspected) => void; readonly signs?: number }[] = [
  { check: checkSecrets, signs: Sign.secret }, { check: checkPersonal, signs: Sign.at | Sign.digits }, { check: checkLeftovers, signs: Sign.bracket | Sign.beyondAscii }, { check: checkPhrases }, { check: checkLanguage }, { check: checkDegenerate },
];

/** More of one code in one row than this say nothing new. */
const MOST_OF_A_CODE = 5;

/** The content problems of one record; `lineAt` gives the text of a line of its file. In the order of the file. */
export const contentProblems = (record: DatasetRecord, lineAt: (line: number) => string): Problem[] => {
  const problems: Problem[] = [];
  let counts: Map<string, number> | undefined;
  const report: Report = (code, severity, message, from, to, text) => {
    const count = ((counts ??= new Map<string, number>()).get(code) ?? 0) + 1;
    counts.set(code, count);
    const line = message.line ?? record.line;
    if (count <= MOST_OF_A_CODE) problems.push(contentProblem(code, severity, line, placeOf(lineAt(line), message, from, to), text));
  };
  const answers = record.messages.filter(({ trained, content }) => trained && content !== "");
  const others = record.messages.filter(({ trained, content }) => !trained && content !== "");
  let signs = 0;
  for (const { content } of record.messages) signs |= signsOf(content);
  const inspected = { record, answers, others, signs, report };
  for (const { check, signs: needed } of checks) if (needed === undefined || (signs & needed) !== 0) check(inspected);
  return problems.length < 2 ? problems : problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start);
};

/** Of all records of a file; a message that several of them share is told of once. */
export const contentOfAll = ({ records, lines }: Pick<ParsedDataset, "records" | "lines">, of: (record: DatasetRecord) => readonly Problem[] = (record) => contentProblems(record, (line) => lines[line]!.text)): Problem[] => {
  let [row, told] = [-1, new Set<string>()];
  return records.flatMap((record): readonly Problem[] => {
    const found = of(record);
    // Only records of one row, or of a thread over several rows, share messages.
    const shares = record.part !== undefined || record.format === "oasst-messages";
    if (!shares) return found;
    if (record.line !== row && record.format !== "oasst-messages") [row, told] = [record.line, new Set()];
    return found.filter(({ code, line, span }) => {
      const key = `${code} ${line} ${span.start}`;
      return !told.has(key) && told.add(key);
    });
  });
};

interface Checked { readonly line: number; readonly column: number; readonly problems: readonly Problem[] }
interface CheckedThread { readonly record: DatasetRecord; readonly problems: readonly Problem[] }

/** The content problems of a file as it is edited: only rows whose text has changed are looked at again, and only conversations over several rows of which one has. */
export class ContentChecks {
  private readonly known = new WeakMap<object, Checked>();
  /** Conversations over several rows are put together anew at each parse, of texts that are the same; by the text of their last message. */
  private threads = new Map<string, CheckedThread[]>();

  of(parsed: Pick<ParsedDataset, "records" | "lines">): Problem[] {
    const lineAt = (line: number): string => parsed.lines[line]!.text;
    const threads = new Map<string, CheckedThread[]>();
    const problems = contentOfAll(parsed, (record) => {
      if (record.format === "oasst-messages") return this.ofThread(record, lineAt, threads);
      const own = originOf(record), { line, messages: [first] } = record, column = first?.span.start ?? 0;
      const found = this.known.get(own);
      if (found?.line === line && found.column === column) return found.problems;
      // A row moves with its lines; one that begins elsewhere in its line is looked at anew.
      const by = line - (found?.line ?? 0);
      const problems = found?.column === column ? found.problems.map((problem) => ({ ...problem, line: problem.line + by })) : contentProblems(record, lineAt);
      this.known.set(own, { line, column, problems });
      return problems;
    });
    this.threads = threads;
    return problems;
  }

  private ofThread(record: DatasetRecord, lineAt: (line: number) => string, threads: Map<string, CheckedThread[]>): readonly Problem[] {
    const end = record.messages.at(-1)!.content;
    const earlier = this.threads.get(end)?.find((each) => staysThread(each.record, record));
    const by = record.line - (earlier?.record.line ?? 0);
    const problems = !earlier ? contentProblems(record, lineAt) : by === 0 ? earlier.problems : earlier.problems.map((problem) => ({ ...problem, line: problem.line + by }));
    const others = threads.get(end), known = { record, problems };
    if (others) others.push(known);
    else threads.set(end, [known]);
    return problems;
  }
}

/** Whether both say the same and lie alike, one of them perhaps further down. Texts of unchanged rows are the very same strings. */
const staysThread = (a: DatasetRecord, b: DatasetRecord): boolean => a.messages.length === b.messages.length && a.messages.every((message, index) => {
  const other = b.messages[index]!;
  return message.content === other.content && message.role === other.role && message.trained === other.trained && message.span.start === other.span.start && message.span.end === other.span.end
    && (message.line ?? a.line) - a.line === (other.line ?? b.line) - b.line;
});
