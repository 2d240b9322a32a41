/** Reads and writes the safetensors format (github.com/huggingface/safetensors): u64 header length, JSON header, raw data. Reading trusts nothing: every offset is checked against the file. */
import * as z from "zod";
import { type ErrorCode, UserError } from "../../errors";
import { product, type StoredTensor } from "../../graph/ops";
import { type DType, type Folder } from "../../runtime";
import { dequantizeBlocks } from "./blocks";
import { bfloatsToFloats, floatsToHalves, halvesToFloats } from "./halves";
import { dequantizeInt8 } from "./int8";

const dtypes: Readonly<Record<string, { dtype: DType; bytes: number }>> = {
  F32: { dtype: "float32", bytes: 4 }, F16: { dtype: "float16", bytes: 2 }, BF16: { dtype: "bfloat16", bytes: 2 },
  I64: { dtype: "int64", bytes: 8 }, I32: { dtype: "int32", bytes: 4 }, I8: { dtype: "int8", bytes: 1 }, U8: { dtype: "uint8", bytes: 1 }, BOOL: { dtype: "bool", bytes: 1 },
};
/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const entrySchema = z.object({ dtype: z.string(), shape: z.array(z.int().nonnegative()), data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]) });

/** What a damaged file is called and how to mend it: a base and an adapter differ. */
export interface SafetensorsErrors { readonly truncated: ErrorCode; readonly invalid: ErrorCode; readonly next: string }
const baseErrors: SafetensorsErrors = { truncated: "BASE_TRUNCATED", invalid: "BASE_INVALID", next: "Download the model again: the file is damaged or incomplete." };

/** The tensors of one file by name, with their absolute offsets. Reads the header only. Throws UserError naming the file. */
export async function readSafetensorsHeader(folder: Folder, file: string, errors: SafetensorsErrors = baseErrors): Promise<Map<string, StoredTensor>> {
  const size = await folder.size(file);
  const truncated = (detail: string): UserError => new UserError(errors.truncated, `${file} in ${folder.path} is cut short: ${detail}.`, errors.next);
  const invalid = (detail: string): UserError => new UserError(errors.invalid, `${file} in ${folder.path} is not a safetensors file: ${detail}.`, errors.next);
  if (size < 8) throw truncated(`it has ${size} bytes`);
  const prefix = await folder.read(file, 0, 8);
  const headerBytes = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) throw invalid(`it announces a header of ${headerBytes} bytes`);
  if (8 + headerBytes > size) throw truncated(`its header needs ${8 + headerBytes} bytes and the file has ${size}`);

  const header = parseHeader(await folder.read(file, 8, 8 + headerBytes), invalid);
  const start = 8 + headerBytes, tensors = new Map<string, StoredTensor>();
  for (const [name, raw] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const entry = entrySchema.safeParse(raw);
    if (!entry.success) throw invalid(`the entry of ${name} is malformed`);
    const { dtype: code, shape, data_offsets: [from, to] } = entry.data;
    const kind = dtypes[code];
    if (!kind) throw invalid(`${name} has the unsupported type ${code}`);
    if (to - from !== product(shape) * kind.bytes) throw invalid(`${name} has shape [${shape.join(", ")}] of ${code} but ${to - from} bytes`);
    if (start + to > size) throw truncated(`${name} ends at byte ${start + to} and the file has ${size}`);
    tensors.set(name, { name, dtype: kind.dtype, dims: shape, file, offset: start + from, bytes: to - from });
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array, invalid: (detail: string) => UserError): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw invalid("its header is not an object");
  return header as Record<string, unknown>;
}

/** The values of a stored float or quantised tensor. */
export async function readTensor(folder: Folder, tensor: StoredTensor): Promise<Float32Array> {
  const { blocks, int8 } = tensor;
  if (int8) return dequantizeInt8(new Int8Array(await bytesOf(folder, tensor)), await readTensor(folder, int8.scales));
  if (!blocks) return toFloats(tensor, await bytesOf(folder, tensor));
  const scales = await readTensor(folder, blocks.scales);
  return dequantizeBlocks({ codes: await bytesOf(folder, tensor), scales, zeroPoints: await bytesOf(folder, blocks.zeroPoints) }, tensor.dims[1]!);
}

/** Values [from, to) of a stored float tensor, in the order of its elements. */
export async function readValues(folder: Folder, tensor: StoredTensor, from: number, to: number): Promise<Float32Array> {
  const width = tensor.bytes / product(tensor.dims);
  return toFloats(tensor, await folder.read(tensor.file, tensor.offset + from * width, tensor.offset + to * width));
}

const bytesOf = (folder: Folder, { file, offset, bytes }: StoredTensor): Promise<Uint8Array> => folder.read(file, offset, offset + bytes);

function toFloats({ name, dtype }: StoredTensor, bytes: Uint8Array): Float32Array {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  switch (dtype) {
    case "float32": return new Float32Array(buffer);
    case "float16": return halvesToFloats(new Uint16Array(buffer));
    case "bfloat16": return bfloatsToFloats(new Uint16Array(buffer));
    default: throw new Error(`${name} is ${dtype}, not a float tensor`);
  }
}

export type WrittenType = "F32" | "F16" | "BF16" | "I8" | "U8";
interface Written { readonly name: string; readonly dims: readonly number[] }
interface WriteOptions { readonly dtype?: WrittenType; readonly metadata?: Record<string, string> }

/** Everything before the data of a file that holds these tensors one after the other, each in its own type or that of the options. Data starts 8-byte aligned, as the reference implementation pads its header. */
export function safetensorsHeader(tensors: readonly (Written & { readonly dtype?: WrittenType })[], { dtype: common = "F32", metadata }: WriteOptions = {}): Uint8Array {
  let at = 0;
  const entries = tensors.map(({ name, dims, dtype = common }) => [name, { dtype, shape: dims, data_offsets: [at, (at += product(dims) * dtypes[dtype]!.bytes)] }] as const);
  const json = new TextEncoder().encode(JSON.stringify({ ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) }));
  const headerBytes = Math.ceil(json.length / 8) * 8, out = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerBytes), true);
  out.set(json, 8);
  return out;
}

/** A safetensors file. */
export function writeSafetensors(tensors: readonly (Written & { readonly data: Float32Array })[], options: WriteOptions = {}): Uint8Array {
  const header = safetensorsHeader(tensors, options), width = (options.dtype ?? "F32") === "F32" ? 4 : 2;
  const out = new Uint8Array(header.length + tensors.reduce((total, { data }) => total + data.length * width, 0));
  out.set(header);
  let position = header.length;
  for (const { data } of tensors) {
    const bytes = width === 4 ? data : floatsToHalves(data);
    out.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), position);
    position += data.length * width;
  }
  return out;
}
