/** Reads and writes the safetensors format (github.com/huggingface/safetensors): u64 header length, JSON header, raw data. Reading trusts nothing: every offset is checked against the file. */
import { z } from "zod";
import { type ErrorCode, UserError } from "../errors";
import { product, type StoredTensor } from "../graph/ops";
import { type DType, type Folder } from "../runtime";

const dtypes: Readonly<Record<string, { dtype: DType; bytes: number }>> = {
  F32: { dtype: "float32", bytes: 4 }, F16: { dtype: "float16", bytes: 2 }, BF16: { dtype: "bfloat16", bytes: 2 },
  I64: { dtype: "int64", bytes: 8 }, I32: { dtype: "int32", bytes: 4 }, BOOL: { dtype: "bool", bytes: 1 },
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

/** The values of a stored float tensor. */
export async function readTensor(folder: Folder, tensor: StoredTensor): Promise<Float32Array> {
  const bytes = await folder.read(tensor.file, tensor.offset, tensor.offset + tensor.bytes);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  switch (tensor.dtype) {
    case "float32": return new Float32Array(buffer);
    case "float16": return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case "bfloat16": {
      const words = new Uint32Array(buffer.byteLength / 2);
      new Uint16Array(buffer).forEach((half, i) => { words[i] = half << 16; });
      return new Float32Array(words.buffer);
    }
    default: throw new Error(`${tensor.name} is ${tensor.dtype}, not a float tensor`);
  }
}

interface Written { readonly name: string; readonly dims: readonly number[] }
interface WriteOptions { readonly dtype?: "F32" | "F16"; readonly metadata?: Record<string, string> }

/** Everything before the data of a file that holds these tensors one after the other. Data starts 8-byte aligned, as the reference implementation pads its header. */
export function safetensorsHeader(tensors: readonly Written[], { dtype = "F32", metadata }: WriteOptions = {}): Uint8Array {
  const width = dtype === "F32" ? 4 : 2;
  let at = 0;
  const entries = tensors.map(({ name, dims }) => [name, { dtype, shape: dims, data_offsets: [at, (at += product(dims) * width)] }] as const);
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
    const bytes = width === 4 ? data : Uint16Array.from(data, floatToHalf);
    out.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), position);
    position += data.length * width;
  }
  return out;
}

/** IEEE 754 binary16 bits to a number. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to binary16 bits, rounded to nearest even. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0, size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // The unit in the last place: 2^-24 below the normal range, else 2^(exponent - 10).
  const exponent = Math.max(Math.floor(Math.log2(size || 1e-30)), -14), unit = 2 ** (exponent - 10);
  const steps = roundHalfEven(size / unit);
  return exponent === -14 ? sign | steps : sign + ((exponent + 15) << 10) + (steps - 1024);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x), rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
