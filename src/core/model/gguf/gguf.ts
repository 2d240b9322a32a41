/** Reads a GGUF file's header (github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3): metadata and where each tensor lies. Trusts nothing: every count, length and offset is checked against the file's size before anything is kept. */
import { type ErrorCode, UserError } from "../../errors";
import { type Folder } from "../../runtime";
import { ggmlTypeNames, type GgmlType, tensorTypes } from "./dequantize";

export type GgufNumbers = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
export type GgufValue = number | boolean | string | GgufNumbers | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Row-major as everywhere here: the reverse of ggml's order. */
  readonly dims: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Where the header ends. */
  readonly bytes: number;
}

const FIRST_WINDOW = 1 << 20;
/** Real headers have a few megabytes (a vocabulary of 260,000 tokens with its merges: 12). */
const MAX_HEADER = 1 << 28;
/** Strings, bools and nested arrays of all arrays together; those cost far more memory than they take in the file. */
const MAX_ITEMS = 4_000_000;
const MAX_KEYS = 1 << 16, MAX_TENSORS = 1 << 16, MAX_KEY_BYTES = 65_535, MAX_DIMS = 4, MAX_DEPTH = 4;

/** Throws BASE_TRUNCATED, BASE_INVALID, or ARCHITECTURE_UNKNOWN (a tensor type that this engine does not read), naming the file and the field. */
export async function readGgufHeader(folder: Folder, file: string): Promise<GgufHeader> {
  const size = await folder.size(file);
  // Reading goes on until the header is whole: each round has twice the bytes of the one before.
  for (let window = FIRST_WINDOW; ; window *= 2) {
    const bytes = await folder.read(file, 0, Math.min(window, size));
    try {
      return new HeaderReader(bytes, size, `${file} in ${folder.path}`).header();
    } catch (error) {
      if (!(error instanceof MoreBytes) || window >= MAX_HEADER) throw error instanceof MoreBytes ? error.reader.invalid(error.field, `it makes the header longer than ${MAX_HEADER} bytes`) : error;
      while (window * 2 < error.needed) window *= 2;
    }
  }
}

/** The window ended before the field did. */
class MoreBytes extends Error {
  constructor(readonly reader: HeaderReader, readonly field: string, readonly needed: number) { super(field); }
}

const scalarBytes: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const STRING = 8, ARRAY = 9, BOOL = 7;

class HeaderReader {
  private readonly view: DataView;
  private readonly text = new TextDecoder("utf-8", { ignoreBOM: true });
  private at = 0;
  private items = 0;

  constructor(private readonly bytes: Uint8Array, private readonly size: number, private readonly place: string) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  header(): GgufHeader {
    if (this.text.decode(this.take("the magic number", 4)) !== "GGUF") throw this.invalid("the magic number", "it is not GGUF");
    const version = this.u32("the version");
    if (version !== 2 && version !== 3) throw this.invalid("the version", (version & 0xffff) === 0 ? "the file is big-endian" : `it is ${version}, and only 2 and 3 are known`);
    const tensorCount = this.count("the number of tensors", MAX_TENSORS, 24), keyCount = this.count("the number of metadata entries", MAX_KEYS, 13);
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < keyCount; i++) {
      const key = this.string(`metadata key ${i}`, MAX_KEY_BYTES);
      if (metadata.has(key)) throw this.invalid(key, "it is there twice");
      metadata.set(key, this.value(key, this.u32(key), 0));
    }
    const infos = Array.from({ length: tensorCount }, (_, i) => this.tensorInfo(i));
    return { metadata, tensors: this.placed(infos, alignmentOf(metadata, this)), bytes: this.at };
  }

  private tensorInfo(i: number): Omit<GgufTensor, "bytes"> {
    const name = this.string(`the name of tensor ${i}`, MAX_KEY_BYTES), rank = this.u32(name);
    if (rank < 1 || rank > MAX_DIMS) throw this.invalid(name, `it has ${rank} dimensions`);
    const dims = Array.from({ length: rank }, () => this.whole(name)).reverse();
    // No tensor has more elements than the file has bits; so products below stay exact.
    if (dims.some((n) => n < 1) || dims.reduce((a, b) => a * b, 1) > this.size * 8) throw this.invalid(name, `its shape [${dims.join(", ")}] does not fit a file of ${this.size} bytes`);
    const code = this.u32(name), type = ggmlTypeNames[code], offset = this.whole(name);
    if (type === undefined) throw this.invalid(name, `its type ${code} is not one that GGUF knows`);
    if (!(type in tensorTypes)) throw this.error("ARCHITECTURE_UNKNOWN", `${name} is stored as ${type}, which Tunesmith does not read`, `Choose a file of the types ${Object.keys(tensorTypes).join(", ")}.`);
    return { name, type: type as GgmlType, dims, offset };
  }

  private placed(infos: readonly Omit<GgufTensor, "bytes">[], alignment: number): Map<string, GgufTensor> {
    const start = Math.ceil(this.at / alignment) * alignment, tensors = new Map<string, GgufTensor>();
    let previous: GgufTensor | undefined;
    for (const info of infos) {
      const { elements, bytes: blockBytes } = tensorTypes[info.type];
      if (tensors.has(info.name)) throw this.invalid(info.name, "a tensor of that name is there twice");
      if (info.dims.at(-1)! % elements !== 0) throw this.invalid(info.name, `its rows of ${info.dims.at(-1)} do not divide into blocks of ${elements}`);
      if (info.offset % alignment !== 0) throw this.invalid(info.name, `its offset ${info.offset} is not a multiple of ${alignment}`);
      const bytes = info.dims.reduce((a, b) => a * b, 1) / elements * blockBytes, offset = start + info.offset;
      if (offset + bytes > this.size) throw this.error("BASE_TRUNCATED", `${info.name} ends at byte ${offset + bytes}, and the file has ${this.size}`);
      tensors.set(info.name, { ...info, offset, bytes });
    }
    for (const tensor of [...tensors.values()].sort((a, b) => a.offset - b.offset)) {
      if (previous && previous.offset + previous.bytes > tensor.offset) throw this.invalid(tensor.name, `it overlaps ${previous.name}`);
      previous = tensor;
    }
    return tensors;
  }

  private value(field: string, type: number, depth: number): GgufValue {
    switch (type) {
      case STRING: return this.string(field, MAX_HEADER);
      case ARRAY: return this.array(field, depth);
      case BOOL: return this.bool(field);
      default: return this.number(field, type);
    }
  }

  private array(field: string, depth: number): GgufValue {
    if (depth >= MAX_DEPTH) throw this.invalid(field, `its arrays are nested more than ${MAX_DEPTH} deep`);
    const type = this.u32(field), least = type === STRING ? 8 : type === ARRAY ? 12 : scalarBytes[type];
    if (least === undefined) throw this.invalid(field, `its type ${type} is not one that GGUF knows`);
    const count = this.count(field, Infinity, least);
    if (type !== STRING && type !== ARRAY && type !== BOOL) return this.numbers(field, type, count);
    this.items += count;
    if (this.items > MAX_ITEMS) throw this.invalid(field, `it brings the metadata to more than ${MAX_ITEMS} entries`);
    const values: GgufValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(field, type, depth + 1));
    return values;
  }

  /** A typed array: as large in memory as in the file. 64-bit whole numbers become doubles. */
  private numbers(field: string, type: number, count: number): GgufNumbers {
    const width = scalarBytes[type]!, raw = this.take(field, count * width);
    const copy = raw.slice().buffer;
    switch (type) {
      case 0: return new Uint8Array(copy);
      case 1: return new Int8Array(copy);
      case 2: return new Uint16Array(copy);
      case 3: return new Int16Array(copy);
      case 4: return new Uint32Array(copy);
      case 5: return new Int32Array(copy);
      case 6: return new Float32Array(copy);
      case 10: return Float64Array.from(new BigUint64Array(copy), Number);
      case 11: return Float64Array.from(new BigInt64Array(copy), Number);
      default: return new Float64Array(copy);
    }
  }

  private number(field: string, type: number): number {
    const width = scalarBytes[type];
    if (width === undefined) throw this.invalid(field, `its type ${type} is not one that GGUF knows`);
    return this.numbers(field, type, 1)[0]!;
  }

  private bool(field: string): boolean {
    const [byte] = this.take(field, 1);
    if (byte! > 1) throw this.invalid(field, `${byte} is neither true nor false`);
    return byte === 1;
  }

  private string(field: string, limit: number): string {
    const length = this.count(field, limit, 1);
    return this.text.decode(this.take(field, length));
  }

  private u32(field: string): number {
    const at = this.at;
    this.take(field, 4);
    return this.view.getUint32(at, true);
  }

  /** A u64 that a number holds exactly. */
  private whole(field: string): number {
    const at = this.at;
    this.take(field, 8);
    const value = this.view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.invalid(field, `it announces ${value}`);
    return Number(value);
  }

  /** How many things of at least `least` bytes follow: refused at once where the file cannot hold them. */
  private count(field: string, limit: number, least: number): number {
    const count = this.whole(field);
    if (count > limit) throw this.invalid(field, `it announces ${count}, more than ${limit}`);
    if (this.at + count * least > this.size) throw this.error("BASE_TRUNCATED", `${field} needs ${this.at + count * least} bytes, and the file has ${this.size}`);
    return count;
  }

  private take(field: string, length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.size) throw this.error("BASE_TRUNCATED", `${field} needs ${end} bytes, and the file has ${this.size}`);
    if (end > this.bytes.length) throw new MoreBytes(this, field, end);
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  invalid(field: string, detail: string): UserError { return this.error("BASE_INVALID", `${field}: ${detail}`); }

  private error(code: ErrorCode, detail: string, next = "Download the file again: it is damaged, incomplete or not a GGUF model."): UserError {
    const what = code === "BASE_TRUNCATED" ? "is cut short" : code === "BASE_INVALID" ? "is not a sound GGUF file" : "cannot be used";
    return new UserError(code, `${this.place} ${what}: ${printable(detail)}.`, next);
  }
}

/** Names come from the file: nothing in them may reach into a terminal or fill it. */
const printable = (text: string): string => {
  const clean = text.replace(/\p{C}/gu, "?");
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean;
};

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, reader: HeaderReader): number {
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 8 || alignment > 1 << 20 || (alignment & (alignment - 1)) !== 0) throw reader.invalid("general.alignment", `${String(alignment)} is no alignment`);
  return alignment;
}
