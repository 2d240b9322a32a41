/** Writes an ONNX ModelProto: nodes, initializers inside the file or lying in a weights file. Field numbers are those of onnx.proto3. */
import { type DType, type TensorData } from "../runtime";
import { type StoredTensor } from "./ops";
import { bytesField, type Chunk, floatField, integerField, messageField, writeMessage } from "./protobuf";

/** ints, int, float (wrapped, since a whole number would read as an int) or string. */
export type OnnxAttribute = readonly number[] | number | { readonly float: number } | string;
export interface OnnxNode { readonly op: string; readonly domain?: string; readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly attributes?: Readonly<Record<string, OnnxAttribute>> }
/** Bytes of a weights file under the type and dims by which nodes read them; the same bytes may go by two names. unpacked: the runtime must not keep a packed copy of it. */
export interface OnnxWeight { readonly name: string; readonly tensor: Pick<StoredTensor, "dtype" | "file" | "offset" | "bytes">; readonly dtype: OnnxType; readonly dims: readonly number[]; readonly unpacked?: boolean }
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly { name: string; dtype: OnnxType; dims: readonly number[] }[];
  readonly outputs: readonly { name: string; dtype: DType; dims: readonly number[] }[];
  readonly constants: readonly { name: string; dtype: DType; dims: readonly number[]; data: TensorData }[];
  readonly weights: readonly OnnxWeight[];
}

/** What a tensor of a file may hold; uint4: two to a byte, the first in the low half. */
export type OnnxType = DType | "uint4";
/** TensorProto.DataType. */
export const onnxType: Readonly<Record<OnnxType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16, uint4: 21 };
/** opset 21 is the first whose DequantizeLinear knows blocks and 4 bits; ir 10 goes with it. */
const IR_VERSION = 10, OPSET = 21;
export const CONTRIB = "com.microsoft";

export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const opset = (domain: string, version: number): Chunk => messageField(8, [bytesField(1, domain), integerField(2, version)]);
  return writeMessage([
    integerField(1, IR_VERSION),
    bytesField(2, "tunesmith"),
    messageField(7, [
      ...graph.nodes.map((node) => messageField(1, nodeProto(node))),
      bytesField(2, "graph"),
      ...graph.constants.map(({ name, dtype, dims, data }) => messageField(5, [...tensorHead(name, dtype, dims), bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))])),
      ...graph.weights.map((weight) => messageField(5, externalTensor(weight))),
      // What is an input too may be replaced by its caller, so it is no constant that could be packed.
      ...[...graph.inputs, ...graph.weights.filter(({ unpacked }) => unpacked)].map(({ name, dtype, dims }) => messageField(11, valueInfo(name, dtype, dims))),
      ...graph.outputs.map(({ name, dtype }) => messageField(12, valueInfo(name, dtype))),
    ]),
    opset("", OPSET),
    opset(CONTRIB, 1),
  ]);
}

function nodeProto({ op, domain, inputs, outputs, attributes = {} }: OnnxNode): Chunk[] {
  return [
    ...inputs.map((name) => bytesField(1, name)), ...outputs.map((name) => bytesField(2, name)),
    bytesField(3, outputs[0]!), bytesField(4, op),
    ...Object.entries(attributes).map(([name, value]) => messageField(5, [bytesField(1, name), ...attributeValue(value)])),
    ...(domain ? [bytesField(7, domain)] : []),
  ];
}

/** AttributeProto: the value in its own field and its kind in field 20. */
function attributeValue(value: OnnxAttribute): Chunk[] {
  if (typeof value === "number") return [integerField(3, value), integerField(20, 2)];
  if (typeof value === "string") return [bytesField(4, value), integerField(20, 3)];
  if ("float" in value) return [floatField(2, value.float), integerField(20, 1)];
  return [...value.map((item) => integerField(8, item)), integerField(20, 7)];
}

const tensorHead = (name: string, dtype: OnnxType, dims: readonly number[]): Chunk[] => [...dims.map((n) => integerField(1, n)), integerField(2, onnxType[dtype]), bytesField(8, name)];

function externalTensor({ name, dtype, dims, tensor: { file, offset, bytes } }: OnnxWeight): Chunk[] {
  const entry = (key: string, value: string): Chunk => messageField(13, [bytesField(1, key), bytesField(2, value)]);
  return [...tensorHead(name, dtype, dims), entry("location", file), entry("offset", String(offset)), entry("length", String(bytes)), integerField(14, 1)];
}

/** ValueInfoProto; outputs leave their dims to the runtime. */
function valueInfo(name: string, dtype: OnnxType, dims?: readonly number[]): Chunk[] {
  const shape = dims ? [messageField(2, dims.map((n) => messageField(1, [integerField(1, n)])))] : [];
  return [bytesField(1, name), messageField(2, [messageField(1, [integerField(1, onnxType[dtype]), ...shape])])];
}
