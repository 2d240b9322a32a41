/** Which rows of a mixture belong on one side of a split since they say, or ask, the same or nearly the same. */
import { RowComparison } from "../content/rowComparison";
import { Shared } from "../content/likeness";
import { featuresOf } from "../content/words";
import { type DatasetRecord } from "../record";

/** Rows that are looked at to learn what all rows share. */
const SAMPLED = 4000;
/** Rows between two turns. */
const ROWS_A_TURN = 500;

/** Indices of rows. near: they say nearly the same; asked: the same question, with another answer. */
export interface LikePairs { readonly near: readonly Pair[]; readonly asked: readonly Pair[] }
type Pair = readonly [number, number];

/** Pairs among `records`. `turn` is called now and then with the share that is done; it lets others run, and throws where the work was cancelled. */
export const likePairs = async (records: readonly DatasetRecord[], turn: (done: number) => Promise<void>): Promise<LikePairs> => {
  const shared = new Shared(), step = Math.max(1, Math.floor(records.length / SAMPLED));
  for (let i = 0; i < records.length; i += step) shared.count(featuresOf(records[i]!));
  const comparison = new RowComparison(shared);
  for (const [i, record] of records.entries()) {
    comparison.add(record);
    if (i % ROWS_A_TURN === 0) await turn((i / records.length) * 0.8);
  }
  const found = (of: boolean): Pair[] => comparison.found.filter(({ kind }) => (kind === "answer") === of).map(({ row, twin }): Pair => [twin, row]);
  const near = found(false), asked = found(true);
  for (let i = 0; i < comparison.possible.size; i++) {
    const { row, twins, otherwise } = comparison.possible.at(i);
    if (otherwise) asked.push([otherwise.asked, row]);
    for (const twin of twins) if (comparison.compare(row, records[row]!, twin, records[twin]!)) near.push([twin, row]);
    if (i % ROWS_A_TURN === 0) await turn(0.8 + (i / comparison.possible.size) * 0.2);
  }
  return { near, asked };
};
