/** Turns a graph into ONNX nodes that the CPU execution provider runs well: products take their scale, bias, residual or gradient sum along (Gemm's C). */
import { type DType, type TensorData } from "../runtime";
import { reachable } from "./graph";
import { codesRead, emitExpansion, emitProductOfCodes, hasManyRows } from "./lowerQuantised";
import { mergeEqual } from "./mergeEqual";
import { CONTRIB, type OnnxAttribute, type OnnxGraph, type OnnxNode, type OnnxType, type OnnxWeight, onnxType } from "./onnx";
import { type OpName, product, type StoredTensor, type Value, type ValueOf } from "./ops";

export type Lowering<K extends OpName> = (emit: Emitter, value: ValueOf<K>) => string;
/** How a device differs from the CPU. */
export interface Target {
  /** In the place of the table's. */
  readonly rules?: { readonly [K in OpName]?: Lowering<K> };
  /** Products of more than two axes, where there is no node that transposes and scales along with them. */
  batchedProduct?(emit: Emitter, product: ValueOf<"matmul">, alpha: number): string;
  /** It has no products of quantised matrices other than in blocks: they are made float32. */
  readonly expandsInt8?: boolean;
  /** Its products of matrices in blocks are for any number of rows. */
  readonly blocksForManyRows?: boolean;
  /** The type in which the device holds a tensor of this one; left out: as it is stored. */
  held?(dtype: DType): DType;
}
interface EmitOptions { readonly attributes?: Readonly<Record<string, OnnxAttribute>>; readonly domain?: string }
/** A product found under a scale: alpha · op(a) · op(b). */
interface Scaled { readonly product: ValueOf<"matmul">; readonly alpha: number }

/** Lowers the named outputs. Input and output names are kept; everything else gets a short name. */
export function lower(given: Readonly<Record<string, Value>>, target: Target = {}): OnnxGraph {
  const outputs = mergeEqual(given);
  const values = reachable(Object.values(outputs));
  const emitter = new Emitter(values, new Set(Object.values(outputs)), target);
  for (const [name, value] of Object.entries(outputs)) emitter.nodes.push({ op: "Identity", inputs: [emitter.nameOf(value)], outputs: [name] });
  return {
    nodes: [...emitter.expansions, ...emitter.nodes], constants: emitter.constants, weights: [...emitter.weights.values()],
    inputs: values.flatMap((value) => (value.op === "input" ? [value.attributes] : [])),
    outputs: Object.entries(outputs).map(([name, { dtype, dims }]) => ({ name, dtype, dims })),
  };
}

export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxGraph["constants"][number][] = [];
  readonly weights = new Map<string, OnnxWeight>();
  /**
   * Nodes that make a weight float32 for one reader. They come first in the file: ONNX Runtime orders nodes by walking up from the outputs and takes operands
   * with a higher number first, so each is computed right before its reader instead of all at the start (measured: test/integration/memory.test.ts).
   */
  readonly expansions: OnnxNode[] = [];
  private readonly names = new Map<Value, string>();
  private readonly uses = new Map<Value, number>();
  private readonly shared = new Map<string, string>();

  constructor(values: readonly Value[], private readonly outputs: ReadonlySet<Value>, readonly target: Target) {
    for (const value of values) for (const from of value.inputs) this.uses.set(from, (this.uses.get(from) ?? 0) + 1);
    // Emission is on demand from the outputs, in id order, so that what a fusion swallowed is never emitted and deep graphs do not recurse deeply.
    const needed = this.neededAfterFusion(values);
    for (const value of values) if (needed.has(value) && value.op !== "weight") this.nameOf(value);
  }

  nameOf(value: Value): string {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    if (value.op === "weight") return this.expanded(value.attributes.tensor);
    const name = ((this.target.rules?.[value.op] ?? lowerings[value.op]) as Lowering<OpName>)(this, value as ValueOf<OpName>);
    this.names.set(value, name);
    return name;
  }

  node(op: string, inputs: readonly string[], { attributes, domain }: EmitOptions = {}): string {
    const name = `t${this.nodes.length}`;
    this.nodes.push({ op, inputs, outputs: [name], ...(attributes && { attributes }), ...(domain && { domain }) });
    return name;
  }

  /** Bytes of the weights file as nodes read them; the bytes of codes are read in two ways, each under a name of its own. */
  stored({ name, dims: given, dtype: storedAs, file, offset, bytes }: StoredTensor, dtype: OnnxType, dims: readonly number[]): string {
    const own = dtype !== "uint4" && dims.join() === given.join() ? name : `${name} ${dtype} ${dims.join("x")}`;
    this.weights.set(own, { name: own, dtype, dims, tensor: { dtype: storedAs, file, offset, bytes } });
    return own;
  }

  /** A weight as float32; where it is not stored so, made anew for each reader, since it is kept from its making to its last use. */
  private expanded(tensor: StoredTensor): string {
    const { dims } = tensor, dtype = this.held(tensor);
    if (isQuantised(tensor)) return emitExpansion(this, tensor);
    if (dtype === "float32") return this.stored(tensor, dtype, dims);
    if (!this.isNarrow(tensor)) return this.once(`cast ${tensor.name}`, () => this.node("Cast", [this.stored(tensor, dtype, dims)], { attributes: { to: onnxType.float32 } }));
    return this.expansion("Cast", [this.stored(tensor, dtype, dims)], { to: onnxType.float32 });
  }

  expansion(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>>): string {
    const name = `e${this.expansions.length}`;
    this.expansions.push({ op, inputs, outputs: [name], attributes });
    return name;
  }

  /** The type in which the target holds this tensor. */
  private held(tensor: StoredTensor): DType { return isQuantised(tensor) ? tensor.dtype : this.target.held?.(tensor.dtype) ?? tensor.dtype; }

  /** In 16 bits, and large enough to be kept so between its readers. */
  isNarrow(tensor: StoredTensor): boolean { return !isQuantised(tensor) && this.held(tensor) !== "float32" && product(tensor.dims) > MADE_ONCE; }

  /** Rows of a table in 16 bits as they are held. */
  storedNarrow(tensor: StoredTensor): string { return this.stored(tensor, this.held(tensor), tensor.dims); }

  constant(data: TensorData, dims: readonly number[], dtype: DType): string {
    const key = data.length <= 64 ? `${dtype}[${dims.join()}]${Array.from(data as Float32Array).join()}` : undefined;
    const known = key && this.shared.get(key);
    if (known) return known;
    const name = `c${this.constants.length}`;
    this.constants.push({ name, dtype, dims, data });
    if (key) this.shared.set(key, name);
    return name;
  }

  zeros(dims: readonly number[]): string { return this.once(`zeros ${dims.join()}`, () => this.node("ConstantOfShape", [this.integers(...dims)])); }

  integers(...values: number[]): string { return this.constant(BigInt64Array.from(values, BigInt), [values.length], "int64"); }

  /** A node whose result is made once per distinct key. */
  once(key: string, make: () => string): string {
    const known = this.shared.get(key) ?? make();
    this.shared.set(key, known);
    return known;
  }

  /** How a product reads the codes of a quantised matrix; undefined: it reads floats. */
  codesRead(value: ValueOf<"matmul">): ReturnType<typeof codesRead> {
    const read = codesRead(value), expands = read === "int8" ? this.target.expandsInt8 : !this.target.blocksForManyRows && hasManyRows(value);
    return expands ? undefined : read;
  }

  /** A product that nobody else reads, possibly under a constant scale: then its reader can take it in. */
  soleProduct(value: Value): Scaled | undefined {
    if (this.outputs.has(value) || this.uses.get(value) !== 1) return undefined;
    if (value.op === "matmul") return this.codesRead(value) ? undefined : { product: value, alpha: 1 };
    return value.op === "mul" ? scaledProduct(value, (inner) => this.isOwn(inner)) : undefined;
  }

  /** mul(product, constant) whose product only it reads. */
  scaled(value: ValueOf<"mul">): Scaled | undefined { return scaledProduct(value, (inner) => this.isOwn(inner)); }

  /** Read once, by nodes that multiply floats. */
  private isOwn(inner: ValueOf<"matmul">): boolean { return this.uses.get(inner) === 1 && !this.outputs.has(inner) && !this.codesRead(inner); }

  /** add(x, product) as one Gemm with C = x; both orders are tried, the later product first. */
  fusedSum(value: ValueOf<"add">): { c: Value; scaled: Scaled } | undefined {
    const [a, b] = value.inputs as [Value, Value];
    for (const [c, other] of a.id < b.id ? [[a, b], [b, a]] as const : [[b, a], [a, b]] as const) {
      const scaled = this.soleProduct(other);
      const fits = c.dims.length <= 2 && product(c.dims) > 1 && c.dims.at(-1) === other.dims.at(-1);
      if (scaled && other.dims.length === 2 && fits && c !== other && value.dims.every((n, i) => n === other.dims[i])) return { c, scaled };
    }
    return undefined;
  }

  private neededAfterFusion(values: readonly Value[]): Set<Value> {
    const needed = new Set<Value>(this.outputs);
    for (const value of [...values].reverse()) {
      if (!needed.has(value)) continue;
      for (const from of this.readsOf(value)) needed.add(from);
    }
    return needed;
  }

  /** The values that the lowered node reads, after fusion. */
  private readsOf(value: Value): readonly Value[] {
    if (value.op === "add") {
      const fused = this.fusedSum(value);
      if (fused) return [fused.c, ...fused.scaled.product.inputs];
    }
    if (value.op === "mul") {
      const scaled = this.scaled(value);
      if (scaled) return scaled.product.inputs;
    }
    return value.inputs;
  }
}

function scaledProduct(value: ValueOf<"mul">, isOwn: (inner: ValueOf<"matmul">) => boolean): Scaled | undefined {
  const [inner, factor] = value.inputs as [Value, Value];
  if (inner.op !== "matmul" || factor.op !== "constant" || factor.attributes.data.length !== 1 || !isOwn(inner)) return undefined;
  return { product: inner, alpha: Number(factor.attributes.data[0]) };
}

const isQuantised = ({ blocks, int8 }: StoredTensor): boolean => Boolean(blocks ?? int8);

/** Up to so many values a tensor in 16 bits is made float32 once in a run for all of its readers: the copy is small, and a step of a tiny model notices every node. */
const MADE_ONCE = 1 << 16;

/** Few rows out of long sums, as the gradient of an adapter's A: the runtime makes the transposed product (Bᵀ · A) faster, since it copies the right operand in order to read it. */
const isFlat = ({ dims, inputs: [a], attributes: { transposeA, transposeB } }: ValueOf<"matmul">): boolean =>
  dims.length === 2 && transposeA && !transposeB && dims[0]! <= 64 && dims[0]! * 4 <= dims[1]! && dims[0]! * 4 <= a!.dims[0]!;

function emitProduct(emit: Emitter, { product: value, alpha }: Scaled, c?: Value): string {
  const { transposeA, transposeB } = value.attributes;
  const inputs = value.inputs.map((from) => emit.nameOf(from));
  if (!c && !transposeA && !transposeB && alpha === 1) return emit.node("MatMul", inputs);
  if (value.dims.length > 2 && emit.target.batchedProduct) return emit.target.batchedProduct(emit, value, alpha);
  const attributes = { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: alpha } };
  if (!c && isFlat(value)) return emit.node("Transpose", [emit.node("Gemm", [inputs[1]!, inputs[0]!], { attributes: { ...attributes, transA: Number(!transposeB), transB: Number(!transposeA) } })], { attributes: { perm: [1, 0] } });
  if (value.dims.length === 2) return emit.node("Gemm", c ? [...inputs, emit.nameOf(c)] : inputs, { attributes });
  return emit.node("FusedMatMul", inputs, { attributes, domain: CONTRIB });
}

const direct = (op: string): Lowering<OpName> => (emit, { inputs }) => {
  const names = new Map([...new Set(inputs)].map((from) => [from, emit.nameOf(from)]));
  return emit.node(op, inputs.map((from) => names.get(from)!));
};
export const column = (emit: Emitter, value: Value): string => emit.node("Reshape", [emit.nameOf(value), emit.integers(-1, 1)]);

const lowerings: { [K in OpName]: Lowering<K> } = {
  input: (_, { attributes }) => attributes.name,
  weight: (emit, value) => emit.nameOf(value),
  constant: (emit, { attributes: { data, dims, dtype } }) => emit.constant(data, dims, dtype),
  add: (emit, value) => {
    const fused = emit.fusedSum(value);
    return fused ? emitProduct(emit, fused.scaled, fused.c) : direct("Add")(emit, value as unknown as ValueOf<OpName>);
  },
  mul: (emit, value) => {
    const scaled = emit.scaled(value);
    return scaled ? emitProduct(emit, scaled) : direct("Mul")(emit, value as unknown as ValueOf<OpName>);
  },
  sub: direct("Sub"), div: direct("Div"), minimum: direct("Min"),
  neg: direct("Neg"), exp: direct("Exp"), log: direct("Log"), sqrt: direct("Sqrt"), sigmoid: direct("Sigmoid"), silu: (emit, { inputs }) => emit.node("QuickGelu", [emit.nameOf(inputs[0]!)], { attributes: { alpha: { float: 1 } }, domain: CONTRIB }), tanh: direct("Tanh"), erf: direct("Erf"),
  detach: (emit, { inputs }) => emit.nameOf(inputs[0]!),
  matmul: (emit, value) => {
    const read = emit.codesRead(value);
    return read ? emitProductOfCodes(emit, value, read) : emitProduct(emit, { product: value, alpha: 1 });
  },
  dropout: (emit, { inputs, attributes }) => {
    const [x, keep] = inputs.map((from) => emit.nameOf(from)) as [string, string];
    // Bytes are kept from the forward to the backward pass, not the factors that they stand for.
    return emit.node("Where", [keep, emit.node("Mul", [x, emit.constant(Float32Array.of(attributes.scale), [], "float32")]), emit.constant(Float32Array.of(0), [], "float32")]);
  },
  barrier: (emit, { inputs, dims }) => {
    // A reshape shares its input's memory. Its target, which holds nothing of each of the others, is there after them, and the runtime cannot know it before.
    const [first, ...others] = inputs.map((from) => emit.nameOf(from)) as [string, ...string[]];
    const nothing = others.map((from) => emit.node("Cast", [emit.node("Slice", [emit.node("Reshape", [from, emit.integers(-1)]), emit.integers(0), emit.integers(0), emit.integers(0)])], { attributes: { to: onnxType.int64 } }));
    return emit.node("Reshape", [first, emit.node("Concat", [emit.integers(...dims), ...nothing], { attributes: { axis: 0 } })]);
  },
  reshape: (emit, { inputs, dims }) => emit.node("Reshape", [emit.nameOf(inputs[0]!), emit.integers(...dims)]),
  transpose: (emit, { inputs, attributes }) => emit.node("Transpose", [emit.nameOf(inputs[0]!)], { attributes: { perm: attributes.permutation } }),
  slice: (emit, { inputs, attributes: { axis, start, end } }) => emit.node("Slice", [emit.nameOf(inputs[0]!), emit.integers(start), emit.integers(end), emit.integers(axis)]),
  concat: (emit, { inputs, attributes }) => emit.node("Concat", inputs.map((from) => emit.nameOf(from)), { attributes: { axis: attributes.axis } }),
  pad: (emit, { inputs, dims, attributes: { axis, before, after } }) => {
    const at = (length: number): number[] => dims.map((_, i) => (i === axis ? length : 0));
    return emit.node("Pad", [emit.nameOf(inputs[0]!), emit.integers(...at(before), ...at(after))]);
  },
  sum: (emit, { inputs, attributes }) => emit.node("ReduceSum", [emit.nameOf(inputs[0]!), emit.integers(attributes.axis)], { attributes: { keepdims: 1 } }),
  softmax: (emit, { inputs }) => emit.node("Softmax", [emit.nameOf(inputs[0]!)], { attributes: { axis: -1 } }),
  rmsNorm: (emit, { inputs, attributes }) => emit.node("SimplifiedLayerNormalization", inputs.map((from) => emit.nameOf(from)), { attributes: { axis: -1, epsilon: { float: attributes.epsilon }, stash_type: 1 } }),
  layerNorm: (emit, { inputs, attributes }) => emit.node("LayerNormalization", inputs.map((from) => emit.nameOf(from)), { attributes: { axis: -1, epsilon: { float: attributes.epsilon } } }),
  rope: (emit, { inputs, attributes }) => {
    const [x, positions, cos, sin] = inputs.map((from) => emit.nameOf(from)) as [string, string, string, string];
    const signed = attributes.inverse ? emit.once(`neg ${sin}`, () => emit.node("Neg", [sin])) : sin;
    return emit.node("RotaryEmbedding", [x, positions, cos, signed], { attributes: { interleaved: Number(attributes.interleaved) }, domain: CONTRIB });
  },
  gather: (emit, { inputs }) => {
    const [table, indices] = inputs as [Value, Value], stored = table.op === "weight" && emit.isNarrow(table.attributes.tensor) ? table.attributes.tensor : undefined;
    const pick = (from: string): string => emit.node("Gather", [from, emit.nameOf(indices)], { attributes: { axis: 0 } });
    // Of a table in 16 bits only the rows that are read become float32.
    if (!stored) return pick(emit.nameOf(table));
    return emit.node("Cast", [pick(emit.storedNarrow(stored))], { attributes: { to: onnxType.float32 } });
  },
  scatterAdd: (emit, { inputs, dims }) => {
    const zeros = emit.zeros(dims);
    // ScatterND would be shorter, but its threads race for repeated rows: sums would differ from run to run.
    const rows = emit.node("Expand", [column(emit, inputs[0]!), emit.integers(...inputs[1]!.dims)]);
    return emit.node("ScatterElements", [zeros, rows, emit.nameOf(inputs[1]!)], { attributes: { axis: 0, reduction: "add" } });
  },
  // Where input and output are one vector, nothing is copied first, on WebGPU and CUDA too.
  replaceRows: (emit, { inputs }) => emit.node("ScatterND", [emit.nameOf(inputs[0]!), column(emit, inputs[1]!), emit.nameOf(inputs[2]!)]),
  crossEntropy: (emit, { inputs }) => {
    const logProbabilities = emit.node("LogSoftmax", [emit.nameOf(inputs[0]!)], { attributes: { axis: -1 } });
    const picked = emit.node("GatherElements", [logProbabilities, column(emit, inputs[1]!)], { attributes: { axis: 1 } });
    return emit.node("Reshape", [emit.node("Neg", [picked]), emit.integers(-1)]);
  },
  crossEntropyGradient: (emit, { inputs, dims }) => {
    const [logits, targets, dy] = inputs as [Value, Value, Value];
    const probabilities = emit.node("Softmax", [emit.nameOf(logits)], { attributes: { axis: -1 } });
    const minusOne = emit.constant(new Float32Array(dims[0]!).fill(-1), [dims[0]!, 1], "float32");
    const difference = emit.node("ScatterElements", [probabilities, column(emit, targets), minusOne], { attributes: { axis: 1, reduction: "add" } });
    return emit.node("Mul", [difference, column(emit, dy)]);
  },
};
