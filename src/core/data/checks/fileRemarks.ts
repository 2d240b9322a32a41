/** Owns what is told once for a file though many rows say it: keys that no format uses, and remarks of the formats. */
import { grouped } from "../../grouped";
import { type RowSource } from "../rows/rowSource";
import { placeInFile, type Place } from "../rows/place";
import { type Problem } from "../problem";
import { type Remark, type Unused } from "../rows/reading";

/** A key that most rows have is a column of the dataset and told once; one in a few rows is probably a slip and told each time. */
export class FileRemarks {
  private readonly keys = new Map<string, { rows: number; last: RowSource; places: (Place & { where: string })[] }>();
  private readonly remarks = new Map<string, { problem: Problem; rows: number }>();

  /** Of a key that some rows have, the first `most` places are kept. */
  constructor(private readonly most = Infinity) {}

  add(source: RowSource, unused: readonly Unused[], remarks: readonly Remark[]): void {
    for (const { key, where, line, span } of unused) {
      const found = this.keys.get(key) ?? { rows: 0, last: { ...source, line: -1 }, places: [] };
      if (found.rows === 0) this.keys.set(key, found);
      if (found.last !== source) found.rows++;
      found.last = source;
      if (found.places.length < this.most) found.places.push({ where, ...placeInFile({ line, span }, source) });
    }
    for (const { code, message, line, span } of remarks) {
      const found = this.remarks.get(message);
      if (found) found.rows++;
      else this.remarks.set(message, { rows: 1, problem: { code, severity: "information", message, ...placeInFile({ line, span }, source), fixable: false, fixes: [] } });
    }
  }

  /** `rows` counts the readable rows. */
  problems(rows: number): Problem[] {
    const keys = [...this.keys].flatMap(([key, { rows: count, places }]) => {
      const column = count * 2 >= rows;
      return (column ? places.slice(0, 1) : places).map(({ line, span, where }): Problem => ({
        code: "unknown-key", severity: column ? "information" : "warning", line, span, fixable: false, fixes: [],
        message: column
          ? `\`${key}\` is not used in ${where} and is left out of training${rows > 1 ? `; ${count === rows ? "every row has" : `${grouped(count)} rows have`} it` : ""}.`
          : `\`${key}\` is not used in ${where} and is left out of training; only ${grouped(count)} of ${grouped(rows)} rows ${count === 1 ? "has" : "have"} it.`,
      }));
    });
    return [...keys, ...[...this.remarks.values()].map(({ problem, rows: count }) => count > 1 ? { ...problem, message: `${problem.message} (${grouped(count)} rows)` } : problem)];
  }
}
