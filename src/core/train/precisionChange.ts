/** What quantising a base changes: the likelihood of held-out answers under it and under the same base not quantised. */
import { type Base } from "../model/base";
import { type Runtime } from "../runtime";
import { trainedTokens } from "../text/batch";
import { type Example } from "../text/types";
import { score } from "./score";

/** Enough for a figure, few enough for a base that is larger than memory once it is not quantised. */
const ROWS = 32;

/** Mean negative log-likelihoods over the trained tokens of the first rows, nats. */
export interface PrecisionChange { readonly rows: number; readonly ofRows: number; readonly tokens: number; readonly loss: number; readonly fullLoss: number }

/** undefined: there is nothing to measure on, or `signal` came first. `openFull` is called only where there is. */
export async function precisionChange(runtime: Runtime, base: Base, openFull: () => Promise<Base>, held: readonly Example[], signal: AbortSignal): Promise<PrecisionChange | undefined> {
  const usable = held.filter((example) => trainedTokens(example) > 0), rows = usable.slice(0, ROWS);
  if (rows.length === 0 || signal.aborted) return undefined;
  const tokens = rows.reduce((total, row) => total + trainedTokens(row), 0);
  const lossOf = async (each: Base): Promise<number> => {
    let total = 0;
    for await (const row of score(runtime, each, undefined, rows, signal)) total += row.nll * row.tokens;
    return total / tokens;
  };
  const loss = await lossOf(base), fullLoss = await lossOf(await openFull());
  return signal.aborted ? undefined : { rows: rows.length, ofRows: usable.length, tokens, loss, fullLoss };
}
