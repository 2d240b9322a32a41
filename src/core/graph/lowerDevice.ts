/**
 * The stage between a graph and a graphics device (WebGPU, CUDA): what has no kernel there or computes something else is written in other nodes, so that none of a step falls back to the CPU.
 * Everything here holds for runs that are captured and replayed too: only kernels are replayed, so nothing is left to a copy of a buffer.
 */
import { type Device, type DeviceSession, type StoredInput } from "../runtime";
import { column, type Emitter, type Lowering, lower, type Target } from "./lower";
import { type OnnxGraph, type OnnxNode } from "./onnx";
import { type Value } from "./ops";

/** A graph whose weights are inputs, and what its session needs to know of it. */
export interface DeviceGraph { readonly graph: OnnxGraph; readonly session: Omit<DeviceSession, "residents"> }

export function lowerForDevice(outputs: Readonly<Record<string, Value>>, { float16, fusedProducts }: Pick<Device, "float16" | "fusedProducts">): DeviceGraph {
  const target: Target = { rules, expandsInt8: true, blocksForManyRows: true, held: (dtype) => (dtype !== "float16" && dtype !== "bfloat16" ? dtype : float16 ? "float16" : "float32"), ...(!fusedProducts && { batchedProduct }) };
  const lowered = lower(outputs, target), { inputs, weights } = lowered;
  const stored = weights.map(({ name, dtype, dims, tensor: { file, offset, bytes, dtype: storedAs } }): StoredInput => ({ name, dtype, dims, file, offset, bytes, storedAs }));
  return {
    graph: { ...lowered, nodes: narrowConcatenations(outputsInPlace(lowered.nodes)), inputs: [...inputs, ...stored], weights: [] },
    session: { inputs, outputs: lowered.outputs, weights: stored },
  };
}

/** [K, 1] int64 against 0, 1, …, V − 1: bool [K, V], true at each row's own column. */
function oneHot(emit: Emitter, rows: string, width: number): string {
  return emit.node("Equal", [rows, emit.constant(BigInt64Array.from({ length: width }, (_, i) => BigInt(i)), [1, width], "int64")]);
}
const FLOAT32 = 1;
const asFloats = (emit: Emitter, from: string): string => emit.node("Cast", [from], { attributes: { to: FLOAT32 } });
const overLast = (emit: Emitter, op: "ReduceMax" | "ReduceSum", x: string): string => emit.node(op, [x, emit.integers(-1)], { attributes: { keepdims: 1 } });

const crossEntropy: Lowering<"crossEntropy"> = (emit, { inputs }) => {
  // LogSoftmax has no kernel on WebGPU. −log softmax(z)[t] = log Σ e^(z − max) − (z − max)[t]
  const [logits, targets] = inputs as [Value, Value], z = emit.nameOf(logits);
  const shifted = emit.node("Sub", [z, overLast(emit, "ReduceMax", z)]);
  const logSum = emit.node("Log", [overLast(emit, "ReduceSum", emit.node("Exp", [shifted]))]);
  const picked = overLast(emit, "ReduceSum", emit.node("Mul", [shifted, asFloats(emit, oneHot(emit, column(emit, targets), logits.dims[1]!))]));
  return emit.node("Reshape", [emit.node("Sub", [logSum, picked]), emit.integers(-1)]);
};

const crossEntropyGradient: Lowering<"crossEntropyGradient"> = (emit, { inputs }) => {
  // ScatterElements falls back to the CPU.
  const [logits, targets, dy] = inputs as [Value, Value, Value];
  const probabilities = emit.node("Softmax", [emit.nameOf(logits)], { attributes: { axis: -1 } });
  return emit.node("Mul", [emit.node("Sub", [probabilities, asFloats(emit, oneHot(emit, column(emit, targets), logits.dims[1]!))]), column(emit, dy)]);
};

const scatterAdd: Lowering<"scatterAdd"> = (emit, { inputs, dims }) => {
  // A product with the one-hot matrix [N, rows]: sums of repeated rows come in one order, and nothing is copied first, as ScatterND does.
  const [indices, updates] = inputs as [Value, Value];
  return emit.node("Gemm", [asFloats(emit, oneHot(emit, column(emit, indices), dims[0]!)), emit.nameOf(updates)], { attributes: { transA: 1 } });
};

const silu: Lowering<"silu"> = (emit, { inputs }) => {
  const x = emit.nameOf(inputs[0]!);
  return emit.node("Mul", [x, emit.node("Sigmoid", [x])]);
};

const barrier: Lowering<"barrier"> = (emit, { inputs, dims }) => {
  // A concatenation with nothing of each of the others: a copy of the first that the runtime can neither leave out nor run before them.
  const [first, ...nothing] = inputs.map((from, i) => {
    const flat = emit.node("Reshape", [emit.nameOf(from), emit.integers(-1)]);
    return i === 0 ? flat : emit.node("Slice", [flat, emit.integers(0), emit.integers(0), emit.integers(0)]);
  });
  return emit.node("Reshape", [emit.node("Concat", [first!, ...nothing], { attributes: { axis: 0 } }), emit.integers(...dims)]);
};

const rules: NonNullable<Target["rules"]> = { barrier, silu, crossEntropy, crossEntropyGradient, scatterAdd };

/** Transpose, MatMul, Mul in the place of FusedMatMul. */
function batchedProduct(emit: Emitter, { inputs, attributes: { transposeA, transposeB } }: Parameters<NonNullable<Target["batchedProduct"]>>[1], alpha: number): string {
  const [a, b] = inputs as [Value, Value];
  const operand = (value: Value, transposed: boolean): string => {
    const name = emit.nameOf(value), rank = value.dims.length;
    return transposed ? emit.node("Transpose", [name], { attributes: { perm: [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2] } }) : name;
  };
  const y = emit.node("MatMul", [operand(a, transposeA), operand(b, transposeB)]);
  return alpha === 1 ? y : emit.node("Mul", [y, emit.constant(Float32Array.of(alpha), [], "float32")]);
}

/** A shader reads at most 12 buffers. */
const WIDEST = 8;

/** Concatenations of many as concatenations of a few. */
function narrowConcatenations(nodes: readonly OnnxNode[]): OnnxNode[] {
  return nodes.flatMap((node) => {
    if (node.op !== "Concat") return [node];
    const made: OnnxNode[] = [];
    let parts = node.inputs;
    while (parts.length > WIDEST) {
      const groups = Array.from({ length: Math.ceil(parts.length / WIDEST) }, (_, i) => parts.slice(i * WIDEST, (i + 1) * WIDEST));
      parts = groups.map((inputs) => {
        if (inputs.length === 1) return inputs[0]!;
        made.push({ ...node, inputs, outputs: [`${node.outputs[0]!}.${made.length}`] });
        return made.at(-1)!.outputs[0]!;
      });
    }
    return [...made, { ...node, inputs: parts }];
  });
}

/**
 * The node that makes an output writes it under the output's name. Where that would be a copy (an Identity, or a Reshape into memory that is given), which a replay leaves out, two kernels that undo each other do it.
 */
function outputsInPlace(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => (node.op === "Identity" ? [] : node.outputs.map((output) => [output, node] as const))));
  const renamed = new Map<string, string>();
  for (const { op, inputs: [from], outputs: [to] } of nodes) if (op === "Identity" && (makers.get(from!)?.op ?? "Reshape") !== "Reshape" && !renamed.has(from!)) renamed.set(from!, to!);
  const name = (old: string): string => renamed.get(old) ?? old;
  return nodes.flatMap((node) => {
    const { op, inputs: [from], outputs: [to] } = node;
    if (op !== "Identity") return [{ ...node, inputs: node.inputs.map(name), outputs: node.outputs.map(name) }];
    if (renamed.get(from!) === to) return [];
    return [{ op: "Neg", inputs: [name(from!)], outputs: [`${to!} negated`] }, { op: "Neg", inputs: [`${to!} negated`], outputs: [to!] }];
  });
}
