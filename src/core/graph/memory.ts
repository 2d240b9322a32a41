/** How much memory a graph's values need at once, told from their shapes before anything is computed. */
import { type DType } from "../runtime";
import { codesRead } from "./lowerQuantised";
import { type OpName, product, type Value } from "./ops";

const BYTES: Readonly<Record<DType, number>> = { float32: 4, float16: 2, bfloat16: 2, int64: 8, int32: 4, int8: 1, uint8: 1, bool: 1 };

/** What is the same memory seen otherwise. */
const VIEWS: ReadonlySet<OpName> = new Set(["reshape", "detach", "barrier"]);
/** What may be written over an operand that nobody reads afterwards. */
const IN_PLACE: ReadonlySet<OpName> = new Set(["add", "sub", "mul", "div", "minimum", "neg", "exp", "log", "sqrt", "sigmoid", "tanh", "erf", "softmax", "dropout"]);
/** Weights, inputs and constants lie elsewhere, whatever the graph does. */
const GIVEN: ReadonlySet<OpName> = new Set(["weight", "input", "constant"]);

/**
 * Bytes of the values that are alive together where most are, when every value is computed once, in the order in which ONNX Runtime orders nodes, and forgotten after its last reader.
 * Operators' own working memory is not in it, nor the weights; a weight that is held in fewer than 32 bits is counted while a reader has it as float32, and the codes of what is multiplied with integers.
 */
export function peakBytes(outputs: Readonly<Record<string, Value>>): number {
  const order = runtimeOrder(Object.values(outputs)), owner = new Map<Value, Value>(), readers = new Map<Value, number>();
  const own = (value: Value): Value => owner.get(value) ?? value;
  for (const value of order) {
    if (VIEWS.has(value.op) && !GIVEN.has(own(value.inputs[0]!).op)) owner.set(value, own(value.inputs[0]!));
    for (const from of new Set(value.inputs.map(own))) readers.set(from, (readers.get(from) ?? 0) + 1);
  }
  for (const value of Object.values(outputs)) readers.set(own(value), (readers.get(own(value)) ?? 0) + 1);

  let alive = 0, peak = 0;
  for (const value of order) {
    if (GIVEN.has(value.op)) continue;
    const operands = new Set(value.inputs.map(own)), view = owner.has(value);
    const last = [...operands].filter((from) => !GIVEN.has(from.op) && readers.get(from) === 1), over = IN_PLACE.has(value.op) ? last.find((from) => bytesOf(from) === bytesOf(value)) : undefined;
    if (!view && !over) alive += bytesOf(value);
    peak = Math.max(peak, alive + besideBytes(value));
    for (const from of operands) readers.set(from, readers.get(from)! - 1);
    for (const from of last) if (from !== over && from !== own(value)) alive -= bytesOf(from);
  }
  return peak;
}

const bytesOf = ({ dims, dtype }: Value): number => BYTES[dtype] * product(dims);

/** What computing a value takes besides it: its weights as float32, or what an integer product reads of its left operand. */
function besideBytes(value: Value): number {
  if (value.op === "matmul" && codesRead(value) === "int8") return product(value.inputs[0]!.dims);
  return value.inputs.reduce((total, from) => total + (from.op === "weight" && from.attributes.tensor.dtype !== "float32" ? 4 * product(from.dims) : 0), 0);
}

/** ONNX Runtime walks up from the outputs, the last one first, and takes of a node's operands the one that was made last first. */
function runtimeOrder(outputs: readonly Value[]): Value[] {
  const order: Value[] = [], entered = new Set<Value>();
  const stack: { value: Value; leave: boolean }[] = outputs.map((value) => ({ value, leave: false }));
  while (stack.length > 0) {
    const { value, leave } = stack.pop()!;
    if (leave) { order.push(value); continue; }
    if (entered.has(value)) continue;
    entered.add(value);
    stack.push({ value, leave: true });
    for (const from of [...value.inputs].sort((a, b) => a.id - b.id)) if (!entered.has(from)) stack.push({ value: from, leave: false });
  }
  return order;
}
