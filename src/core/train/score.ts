/** Scores examples: the negative log-likelihood that a base, with or without an adapter, gives to their trained tokens. */
import { type Value } from "../graph/ops";
import { input } from "../graph/graph";
import { type Adapter } from "../model/adapter/adapter";
import { type Base } from "../model/base";
import { piecesOf } from "../model/adapter/lora";
import { type Runtime } from "../runtime";
import { type Batch, makeBatch, trainedTokens } from "../text/batch";
import { type Example } from "../text/types";
import { frozenParameters, loraTrainable, nllAt, type StepShape } from "./graphs";
import { batchInputs, SessionCache, shapeKey, shapeOf, vectorTensor } from "./stepper";

/** nll: mean over the row's trained tokens, nats. */
export interface RowScore { readonly row: number; readonly tokens: number; readonly nll: number }

const ROWS_AT_ONCE = 8;

/** Scores every example that has a trained token, in the order given. */
export async function* score(runtime: Runtime, base: Base, adapter: Adapter | undefined, examples: readonly Example[], signal?: AbortSignal): AsyncGenerator<RowScore, void, void> {
  const sessions = new SessionCache(runtime, base.folder.path);
  try {
    yield* scoreExamples(sessions, base, adapter, examples, signal);
  } finally {
    await sessions.close();
  }
}

/** The same with prepared sessions that the caller keeps. */
export async function* scoreExamples(sessions: SessionCache, base: Base, adapter: Adapter | undefined, examples: readonly Example[], signal?: AbortSignal): AsyncGenerator<RowScore, void, void> {
  for (const { rows, batch } of scoreBatches(examples)) {
    if (signal?.aborted) return;
    const shape = shapeOf(batch);
    const session = await sessions.get(`nll ${shapeKey(shape)}`, () => ({ nll: nllGraph(base, adapter, shape) }));
    const { tokens, lossRows, lossTargets } = batchInputs(batch, base.config);
    const out = await session.run({ tokens, lossRows, lossTargets, ...(adapter && { parameters: vectorTensor(adapter.parameters) }) });
    const nll = out.nll!.data as Float32Array;
    let next = 0;
    for (const example of rows) {
      const count = trainedTokens(example);
      let total = 0;
      for (let i = 0; i < count; i++) total += nll[next++]!;
      yield { row: example.row, tokens: count, nll: total / count };
    }
  }
}

/** Those that have a trained token, in the order given, so many at once. */
export function* scoreBatches(examples: readonly Example[]): Generator<{ readonly rows: readonly Example[]; readonly batch: Batch }, void, void> {
  const usable = examples.filter((example) => trainedTokens(example) > 0);
  for (let at = 0; at < usable.length; at += ROWS_AT_ONCE) {
    const rows = usable.slice(at, at + ROWS_AT_ONCE);
    yield { rows, batch: makeBatch(rows.map((row) => [row]), { B: ROWS_AT_ONCE }) };
  }
}

/** The adapter's matrices are an input, so that one prepared graph serves every state of it. */
function nllGraph(base: Base, adapter: Adapter | undefined, shape: StepShape): Value {
  if (!adapter) return nllAt(frozenParameters(base.weights), base.config, shape);
  const vector = input("parameters", [adapter.layout.length]);
  return nllAt(loraTrainable(base, adapter.targets).bind(piecesOf(adapter.layout, vector)), base.config, shape);
}
