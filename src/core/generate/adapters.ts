/** How the adapters of a request reach the decode graph: plain LoRA of several candidates stacked into one batch, every other kind by itself. */
import { input } from "../graph/graph";
import { type Adapter } from "../model/adapter/adapter";
import { adaptedParameters, stackedParameters } from "../model/adapter/adapterGraph";
import { type Base } from "../model/base";
import { type Parameters } from "../model/decoder/layers";
import { loraName, piecesOf, type Target } from "../model/adapter/lora";
import { type Tensor } from "../runtime";
import { frozenTensors } from "../train/graphs";

/** A base alone, or with an adapter. */
export interface Candidate { readonly name: string; readonly adapter?: Adapter }

/** Candidates that answer in one batch. */
export interface Group {
  /** Indices into the request's candidates. */
  readonly candidates: readonly number[];
  /** Tells prepared graphs apart. */
  readonly key: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  parameters(): Parameters;
}

type LinearTarget = Target & { kind: "linear" };
const isPlain = (target: Target): target is LinearTarget => target.kind === "linear" && !target.dora;

/** The base and all plain adapters together, then each of the others. */
export function groupCandidates(base: Pick<Base, "weights" | "config">, candidates: readonly Candidate[]): Group[] {
  const plain = candidates.flatMap(({ adapter }, i) => (!adapter || adapter.targets.every(isPlain) ? [i] : []));
  const others = candidates.flatMap(({ adapter }, i) => (adapter && !plain.includes(i) ? [alone(base, adapter, i)] : []));
  return [...(plain.length > 0 ? [stacked(base, candidates, plain)] : []), ...others];
}

function alone(base: Pick<Base, "weights" | "config">, { targets, layout, parameters }: Adapter, candidate: number): Group {
  return {
    candidates: [candidate], key: `alone ${JSON.stringify(targets)}`, inputs: { parameters: { dtype: "float32", dims: [layout.length], data: parameters } },
    parameters: () => adaptedParameters(frozenTensors(base.weights), base.config, targets, piecesOf(layout, input("parameters", [layout.length]))),
  };
}

/** Matrices padded to one rank; a candidate without one gets zeros, which leave its layer as it is. */
function stacked(base: Pick<Base, "weights" | "config">, candidates: readonly Candidate[], indices: readonly number[]): Group {
  const S = indices.length, sets = indices.map((i) => linearsOf(candidates[i]!.adapter));
  const r = Math.max(0, ...sets.flatMap((set) => [...set.values()].map(({ target }) => target.r)));
  const modules = [...new Map(sets.flatMap((set) => [...set.values()].map(({ target }) => [target.module, target] as const))).values()];
  const inputs: Record<string, Tensor> = {};
  for (const { module, from, to } of modules) {
    const a = new Float32Array(S * r * from), b = new Float32Array(S * to * r);
    sets.forEach((set, s) => {
      const own = set.get(module);
      if (!own) return;
      a.set(own.a, s * r * from);
      for (let row = 0; row < to; row++) for (let i = 0; i < own.target.r; i++) b[(s * to + row) * r + i] = own.b[row * own.target.r + i]! * own.target.scaling;
    });
    inputs[`a.${module}`] = { dtype: "float32", dims: [S, r, from], data: a };
    inputs[`b.${module}`] = { dtype: "float32", dims: [S, to, r], data: b };
  }
  return {
    candidates: indices, key: `${S} of rank ${r} on ${modules.map(({ module }) => module).join()}`, inputs,
    parameters: () => stackedParameters(frozenTensors(base.weights), new Map(modules.map(({ module, from, to }) => [module, { a: input(`a.${module}`, [S, r, from]), b: input(`b.${module}`, [S, to, r]) }]))),
  };
}

/** The matrices of an adapter's linear layers by module. */
function linearsOf(adapter: Adapter | undefined): Map<string, { target: LinearTarget; a: Float32Array; b: Float32Array }> {
  if (!adapter) return new Map();
  const entries = new Map(adapter.layout.entries.map((entry) => [entry.name, entry]));
  const matrix = (name: string): Float32Array => { const { offset, length } = entries.get(name)!; return adapter.parameters.subarray(offset, offset + length); };
  return new Map(adapter.targets.filter(isPlain).map((target) => [target.module, { target, a: matrix(loraName(target.module, "A")), b: matrix(loraName(target.module, "B")) }]));
}
