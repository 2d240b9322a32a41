/** Owns what can be said of one row's texts without a model and without the other rows: each check is a function of the record. Never throws. */
import { type ParsedDataset } from "../parse";
import { type Problem } from "../problem";
import { type DatasetRecord } from "../record";
import { checkDegenerate } from "./degenerate";
import { checkLanguage } from "./language";
import { checkLeftovers } from "./leftovers";
import { checkPersonal } from "./personal";
import { checkPhrases } from "./phrases";
import { contentProblem, placeOf, type Inspected, type Report } from "./place";
import { checkSecrets } from "./secrets";

const checks: readonly ((inspected: Inspected) => void)[] = [checkSecrets, checkPersonal, checkLeftovers, checkPhrases, checkLanguage, checkDegenerate];

/** More of one code in one row than this say nothing new. */
const MOST_OF_A_CODE = 5;

/** The content problems of one record; `lineAt` gives the text of a line of its file. In the order of the line. */
export const contentProblems = (record: DatasetRecord, lineAt: (line: number) => string): Problem[] => {
  const problems: Problem[] = [];
  const counts = new Map<string, number>();
  const report: Report = (code, severity, message, from, to, text) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    if (count <= MOST_OF_A_CODE) problems.push(contentProblem(code, severity, message.line ?? record.line, placeOf(lineAt(message.line ?? record.line), message, from, to), text));
  };
  const answers = record.messages.filter(({ trained, content }) => trained && content !== "");
  const others = record.messages.filter(({ trained, content }) => !trained && content !== "");
  for (const check of checks) check({ record, answers, others, report });
  return problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start);
};

/** The content problems of a file as it is edited: only rows whose text has changed are looked at again. */
export class ContentChecks {
  private known = new Map<string, readonly Problem[]>();

  of({ records, lines }: Pick<ParsedDataset, "records" | "lines">): Problem[] {
    const now = new Map<string, readonly Problem[]>();
    const problems = records.flatMap((record, index): Problem[] => {
      // A conversation over several lines is not told by the text of one.
      if (record.messages.some((message) => message.line !== undefined)) return contentProblems(record, (number) => lines[number]!.text);
      const line = lines[record.line]!.text;
      // A line may hold several records; which of them it is belongs to the key.
      const number = record.line === records[index - 1]?.line ? 1 : 0;
      const key = number === 0 ? `${record.format}\0${line}` : `${index}\0${line}`;
      const found = this.known.get(key) ?? now.get(key) ?? contentProblems(record, () => line);
      now.set(key, found);
      return found.map((problem) => problem.line === record.line ? problem : { ...problem, line: record.line });
    });
    this.known = now;
    return problems;
  }
}
