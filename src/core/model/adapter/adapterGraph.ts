/** What adapters compute, as graph builders: one adapter whose matrices are trained or fed, and several plain ones stacked. */
import { add, concat, detach, div, gather, matmul, mul, reshape, scale, slice, sqrt, sub, sum, transpose } from "../../graph/graph";
import { type Value } from "../../graph/ops";
import { type ModelConfig } from "../family/config";
import { type LinearProduct, type Parameters } from "../decoder/layers";
import { embeddingName, loraName, magnitudeName, savedName, type Target } from "./lora";

const plus = (y: Value, bias: Value | undefined): Value => (bias ? add(y, bias) : y);

/** Dropout of what goes into an adapter, in training only: keeps x [N, in] of a module where its fed mask says so. */
export type InputDropout = (module: string, x: Value) => Value;

/** A base under one adapter: `frozen` reads the base's tensors, `pieces` are the adapter's by PEFT's names. */
export function adaptedParameters(frozen: (name: string) => Value, config: ModelConfig, targets: readonly Target[], pieces: ReadonlyMap<string, Value>, drop: InputDropout = (_module, x) => x): Parameters {
  const byModule = new Map(targets.map((target) => [target.module, target]));
  return {
    tensor: (name) => pieces.get(savedName(name)) ?? frozen(name),
    adapt: (x, layers) => {
      const parts = layers.map((layer): AdaptedLayer => {
        const target = byModule.get(layer.module);
        if (target?.kind !== "linear") return { ...layer, target: undefined };
        return { ...layer, target, kept: drop(layer.module, x), a: pieces.get(loraName(layer.module, "A"))!, b: pieces.get(loraName(layer.module, "B"))! };
      });
      const narrow = narrowProducts(x, parts);
      return parts.map((layer) => {
        const { module, y, bias } = layer;
        if (!layer.target) return plus(y, bias);
        const { target, kept, a, b } = layer;
        if (!target.dora) return addLora(plus(y, bias), narrow.get(module)!, b);
        const stored = frozen(`${module}.weight`), w = config.architecture.transposed ? transpose(stored, [1, 0]) : stored;
        const gain = doraGain(w, a, b, pieces.get(magnitudeName(module))!, target.scaling);
        if (kept === x) return plus(mul(addLora(y, narrow.get(module)!, b), gain), bias);
        // PEFT under dropout: what the base adds stays whole, only the change of it sees the dropped input.
        const dropped = matmul(kept, w, { transposeB: true });
        return add(plus(y, bias), sub(mul(addLora(dropped, narrow.get(module)!, b), gain), dropped));
      });
    },
    // e(t) = E[t] + s · (Aᵀ)[t] · Bᵀ
    adaptEmbedding: (module, tokens, e) => {
      const target = byModule.get(module);
      if (target?.kind !== "embedding") return e;
      const a = pieces.get(embeddingName(module, "A"))!, b = pieces.get(embeddingName(module, "B"))!, rows = e.dims[0]!;
      const narrow = reshape(gather(transpose(a, [1, 0]), tokens), [rows, target.r]);
      return add(e, matmul(scale(narrow, target.scaling), b, { transposeB: true }));
    },
  };
}

/** A layer with what its adapter reads: `kept` is x, or what dropout leaves of it. */
type AdaptedLayer = LinearProduct & ({ readonly target: undefined } | { readonly target: Target & { kind: "linear" }; readonly kept: Value; readonly a: Value; readonly b: Value });

/** y + narrow · Bᵀ. */
const addLora = (y: Value, narrow: Value, b: Value): Value => add(y, matmul(narrow, b, { transposeB: true }));

/** s · x · Aᵀ [N, r] by module; layers that read x as it is share one product of x [N, in] with all their A, so that it is read once, in the backward pass too. */
function narrowProducts(x: Value, layers: readonly AdaptedLayer[]): Map<string, Value> {
  const adapted = layers.flatMap((layer) => (layer.target ? [layer] : [])), sharing = adapted.filter(({ kept }) => kept === x);
  const alone = sharing.length === 1 ? adapted : adapted.filter(({ kept }) => kept !== x);
  const narrow = new Map(alone.map(({ module, kept, a, target }) => [module, scale(matmul(kept, a, { transposeB: true }), target.scaling)]));
  if (sharing.length < 2) return narrow;
  const all = matmul(x, concat(sharing.map(({ a }) => a), 0), { transposeB: true });
  let from = 0;
  for (const { module, target } of sharing) {
    narrow.set(module, scale(slice(all, 1, from, from + target.r), target.scaling));
    from += target.r;
  }
  return narrow;
}

/** DoRA's gain [1, out]: m / ‖W + s·B·A‖, the norm of each output's row taken as a constant in the backward pass (Liu et al. 2024, section 4.3). */
function doraGain(w: Value, a: Value, b: Value, magnitude: Value, scaling: number): Value {
  const direction = add(w, scale(matmul(b, a), scaling)), out = w.dims[0]!;
  const norm = detach(sqrt(sum(mul(direction, direction), 1))); // out 1
  return reshape(div(reshape(magnitude, [out, 1]), norm), [1, out]);
}

/** The plain adapters of S candidates at once, rows of x in S equal groups: A [S, r, in], B [S, out, r] with their scale already in B. */
export const stackedParameters = (frozen: (name: string) => Value, matrices: ReadonlyMap<string, { readonly a: Value; readonly b: Value }>): Parameters => ({
  tensor: frozen,
  adapt: (x, layers) => layers.map(({ module, y, bias }) => {
    const pair = matrices.get(module), base = plus(y, bias);
    if (!pair) return base;
    const S = pair.a.dims[0]!, R = x.dims[0]! / S;
    const narrow = matmul(reshape(x, [S, R, x.dims[1]!]), pair.a, { transposeB: true }); // S R r
    return add(base, reshape(matmul(narrow, pair.b, { transposeB: true }), base.dims));
  }),
  adaptEmbedding: (_module, _tokens, e) => e,
});

/** A base, or a model trained whole: nothing is added to any layer. */
export const plainParameters = (tensor: (name: string) => Value): Parameters => ({ tensor, adapt: (_x, layers) => layers.map(({ y, bias }) => plus(y, bias)), adaptEmbedding: (_module, _tokens, e) => e });
