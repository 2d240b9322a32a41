/** How the rows of a step lie in its batch: one to a line, padded to the longest, or several to a line in fewer lines of about the same length. The same rows make the same step, with less padding and a shared beginning computed less often. */
import { type ModelConfig } from "../model/family/config";
import { textLimit } from "../model/decoder/rope";
import { type Line, lineLength, lossBucket, trainedTokens } from "../text/batch";
import { balance } from "../text/packing";
import { type StepShape } from "./graphs";
import { PREPARED_SHAPES, shapeKey } from "./stepper";
import { graphWork, stepWork } from "./work";

/** lines: of a batch; prefix: leading tokens of all rows that a line holds once; grades: lengths between one power of two and the next. */
export interface Fold { readonly lines: number; readonly prefix: number; readonly grades: number }

export const foldRows = (rows: readonly Line[], { lines, prefix }: Fold): Line[] => balance(rows.flat(), lines, prefix);

/** The length of folded lines, rounded up so that few shapes come. */
export function foldedLength(lines: readonly Line[], { prefix, grades }: Fold): number {
  const longest = Math.max(...lines.map((line) => lineLength(line, prefix))), unit = Math.max(8, 2 ** Math.floor(Math.log2(longest)) / grades);
  return Math.ceil(longest / unit) * unit;
}

/** A gain of less than this part, or of less than preparing one graph, would not be worth another layout. */
const LEAST_GAIN = 0.05, GRADES = [8, 4];

export interface FoldQuestion {
  readonly model: ModelConfig;
  readonly batchSize: number;
  readonly prefix: number;
  readonly epochs: number;
  /** The shape of a batch with one row to a line. */
  readonly padded: (rows: readonly Line[]) => StepShape;
}

/** The layout that makes a run of such batches shortest; undefined: one row to a line. Work is counted from shapes, with that of preparing each shape, again where it was let go. */
export function chooseFold(batches: readonly (readonly Line[])[], { model, batchSize, prefix, epochs, padded }: FoldQuestion): Fold | undefined {
  // Rotary positions that change with the length of the text would not be those of the row alone.
  if (batches.some((rows) => rows.some((row) => lineLength(row) > textLimit(model.layers)))) return undefined;
  const work = stepWork(model), graph = graphWork(model), trained = batches.map((rows) => rows.flat().reduce((total, example) => total + trainedTokens(example), 0));
  const costOf = (shapes: readonly StepShape[]): number => {
    const { first, further } = preparations(shapes);
    return epochs * shapes.reduce((total, shape) => total + work(shape), 0) + graph * (first + Math.max(0, epochs - 1) * further);
  };
  const plain = costOf(batches.map(padded));
  let best: Fold | undefined, least = plain - Math.max(LEAST_GAIN * plain, graph);
  for (const lines of new Set(Array.from({ length: batchSize - 1 }, (_, i) => Math.ceil(batchSize / (i + 2))))) {
    const folded = batches.map((rows) => foldRows(rows, { lines, prefix, grades: 1 }));
    for (const grades of GRADES) {
      const fold = { lines, prefix, grades }, cost = costOf(folded.map((rows, i) => foldedShape(rows, fold, trained[i]!)));
      if (cost < least) [best, least] = [fold, cost];
    }
  }
  return best;
}

export function foldedShape(folded: readonly Line[], fold: Fold, trained: number): StepShape {
  const T = foldedLength(folded, fold);
  return { B: fold.lines, T, K: lossBucket(trained, fold.lines * T), packed: true };
}

/** How often a graph is prepared in the first epoch and in each further one, where those used least recently are let go. */
function preparations(shapes: readonly StepShape[]): { first: number; further: number } {
  const kept = new Set<string>(), epoch = (): number => shapes.reduce((count, shape) => {
    const key = shapeKey(shape), known = kept.delete(key);
    kept.add(key);
    const [oldest] = kept;
    if (kept.size > PREPARED_SHAPES) kept.delete(oldest!);
    return count + (known ? 0 : 1);
  }, 0);
  return { first: epoch(), further: epoch() };
}
