/** The stage of lowering that reads quantised matrices: products from their codes where there is a node for it, and codes made float32 for every other reader. */
import { type DType, type TensorData } from "../runtime";
import { CONTRIB, type OnnxAttribute, type OnnxGraph, type OnnxType } from "./onnx";
import { BLOCK, product, type StoredTensor, type Value, type ValueOf } from "./ops";

/** What this stage needs of an emitter (lower.ts). */
interface Emitter {
  nameOf(value: Value): string;
  node(op: string, inputs: readonly string[], options?: { readonly attributes?: Readonly<Record<string, OnnxAttribute>>; readonly domain?: string }): string;
  expansion(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>>): string;
  stored(tensor: StoredTensor, dtype: OnnxType, dims: readonly number[]): string;
  constant(data: TensorData, dims: readonly number[], dtype: DType): string;
  integers(...values: number[]): string;
  once(key: string, make: () => string): string;
}

/** How a product reads its right operand: codes in blocks, codes as integers, or no codes at all. */
type CodesRead = "blocks" | "int8" | undefined;

/** For so many rows the CPU makes all of a matrix in blocks float32 in any case, and DequantizeLinear does that in a fraction of the time that MatMulNBits takes for it (a fifth of such products). */
const MANY_ROWS = 64;
export const hasManyRows = ({ inputs: [x] }: ValueOf<"matmul">): boolean => product(x!.dims) >= MANY_ROWS * x!.dims.at(-1)!;

/** What is computed from codes. x · Wᵀ in blocks; x · W and x · Wᵀ in integers, since there is a copy for each axis. */
export function codesRead({ inputs: [x, w], attributes: { transposeA, transposeB } }: ValueOf<"matmul">): CodesRead {
  if (w?.op !== "weight" || transposeA) return undefined;
  const { blocks, int8 } = w.attributes.tensor;
  return blocks && transposeB ? "blocks" : int8 && x!.dims.length === 2 ? "int8" : undefined;
}

/** A product of which `codesRead` says how. */
export function emitProductOfCodes(emit: Emitter, value: ValueOf<"matmul">, read: NonNullable<CodesRead>): string {
  const [x, w] = value.inputs as [Value, Value & { op: "weight" }];
  return read === "blocks" ? emitBlockProduct(emit, emit.nameOf(x), w.attributes.tensor) : emitInt8Product(emit, x, w.attributes.tensor, value.attributes.transposeB);
}

/** x · Wᵀ from the codes. accuracy_level 1: activations stay float32. */
function emitBlockProduct(emit: Emitter, x: string, tensor: StoredTensor): string {
  const { scales, zeroPoints } = tensor.blocks!, [N, K] = tensor.dims as [number, number], blocks = K / BLOCK;
  const inputs = [x, emit.stored(tensor, "uint8", [N, blocks, BLOCK / 2]), emit.stored(scales, "float32", [N, blocks]), emit.stored(zeroPoints, "uint8", [N, blocks / 2])];
  return emit.node("MatMulNBits", inputs, { attributes: { K, N, bits: 4, block_size: BLOCK, accuracy_level: 1 }, domain: CONTRIB });
}

/** Where zero lies in unsigned codes of activations. */
const MIDDLE = 128;
/** The largest code of an activation, counted from the middle. */
const TOP = 127;

/**
 * (x / s) · codes, times the scales of rows and columns: y[m, n] = s[m] · scales[n] · Σ (xCode[m, k] − 128) · wCode[k, n].
 * The right operand is signed and the left one unsigned, because only for that pair the runtime has kernels on VNNI and AMX; its scalar scale of the left operand is 1.
 */
function emitInt8Product(emit: Emitter, x: Value, tensor: StoredTensor, transposed: boolean): string {
  const int8 = tensor.int8!, [codes, scales] = transposed ? [int8.transposed, int8.transposedScales] : [tensor, int8.scales];
  const rows = quantisedRows(emit, x), middle = emit.constant(Uint8Array.of(MIDDLE), [], "uint8");
  const inputs = [rows.codes, emit.stored(codes, "int8", codes.dims), emit.constant(Float32Array.of(1), [], "float32"), emit.stored(scales, "float32", scales.dims), middle];
  return emit.node("Mul", [emit.node("MatMulIntegerToFloat", inputs, { domain: CONTRIB }), rows.scales]);
}

/** x [M, K] in 8 bits, once for all its readers: codes uint8 [M, K] around 128 and the scale of each row [M, 1], its largest absolute value / 127. */
function quantisedRows(emit: Emitter, x: Value): { codes: string; scales: string } {
  const from = emit.nameOf(x), M = x.dims[0]!;
  const scales = emit.once(`row scales ${from}`, () => {
    // Two reductions read x twice and write nothing; |x| would be written and read once more.
    const [most, least] = ["ReduceMax", "ReduceMin"].map((op) => emit.node(op, [from, emit.integers(-1)], { attributes: { keepdims: 0 } })) as [string, string];
    // A row of zeros has codes of zero whatever its scale, which must only not be 0 itself.
    const largest = emit.node("Max", [most, emit.node("Neg", [least]), emit.constant(Float32Array.of(1e-30), [], "float32")]);
    return emit.node("Mul", [largest, emit.constant(Float32Array.of(1 / TOP), [], "float32")]);
  });
  const codes = emit.once(`row codes ${from}`, () => {
    const middles = emit.once(`middles ${M}`, () => emit.constant(new Uint8Array(M).fill(MIDDLE), [M], "uint8"));
    return emit.node("QuantizeLinear", [from, scales, middles], { attributes: { axis: 0 } });
  });
  return { codes, scales: emit.once(`row scales ${from} as column`, () => emit.node("Reshape", [scales, emit.integers(-1, 1)])) };
}

/** A matrix of codes as float32, made anew for each reader. */
export function emitExpansion(emit: Emitter, tensor: StoredTensor): string {
  const { dims, blocks, int8 } = tensor;
  if (int8) return emit.expansion("DequantizeLinear", [emit.stored(tensor, "int8", dims), emit.stored(int8.scales, "float32", int8.scales.dims)], { axis: 1 });
  const perBlock = [dims[0]!, dims[1]! / BLOCK];
  return emit.expansion("DequantizeLinear", [emit.stored(tensor, "uint4", dims), emit.stored(blocks!.scales, "float32", perBlock), emit.stored(blocks!.zeroPoints, "uint4", perBlock)], { axis: 1, block_size: BLOCK });
}

const READS_CODES: ReadonlySet<string> = new Set(["MatMulNBits", "MatMulIntegerToFloat"]);

/** The graph for a session that packs its constant matrices: only quantised ones stay constant, the others are not to be copied. */
export function packingQuantised(graph: OnnxGraph): OnnxGraph {
  const quantised = new Set(graph.nodes.flatMap(({ op, inputs }) => (READS_CODES.has(op) ? inputs : [])));
  return { ...graph, weights: graph.weights.map((weight) => (weight.dims.length < 2 || quantised.has(weight.name) ? weight : { ...weight, unpacked: true })) };
}
