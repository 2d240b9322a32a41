/** Owns a cautious walk over Thrift's compact encoding, in which Parquet writes its footer and the heads of its pages: nothing is believed that the bytes cannot hold. */

/** What a Parquet file says that cannot be so; the message goes on after "is a damaged Parquet file: ". */
export class ParquetDamage extends Error {
  override readonly name = "ParquetDamage";
}

/** Whole numbers and structures of one structure, by field number. */
export interface ThriftFields { readonly numbers: ReadonlyMap<number, number>; readonly structs: ReadonlyMap<number, ThriftFields>; readonly flags: ReadonlyMap<number, boolean> }

const DEEPEST = 40;
/** Seven bits each: 64 bits need ten. */
const LONGEST_VARINT = 10;

export class ThriftReader {
  constructor(private readonly bytes: Uint8Array, public at = 0, private readonly end = bytes.length) {}

  /** Reads one structure, or throws ParquetDamage. */
  struct(depth = 0): ThriftFields {
    if (depth > DEEPEST) throw new ParquetDamage("its structures lie too deep in each other.");
    const numbers = new Map<number, number>(), structs = new Map<number, ThriftFields>(), flags = new Map<number, boolean>();
    for (let field = 0; ;) {
      const head = this.byte(), type = head & 15, step = head >> 4;
      if (type === 0) return { numbers, structs, flags };
      field = step > 0 ? field + step : this.zigzag();
      if (type === 1 || type === 2) flags.set(field, type === 1);
      else if (type >= 3 && type <= 6) numbers.set(field, type === 3 ? this.byte() : this.zigzag());
      else if (type === 12) structs.set(field, this.struct(depth + 1));
      else this.pass(type, depth);
    }
  }

  private pass(type: number, depth: number): void {
    if (type === 7) this.skip(8);
    else if (type === 8) this.skip(this.varint());
    else if (type === 9) this.list(depth);
    else throw new ParquetDamage(`a field of the unknown type ${type} stands at byte ${this.at}.`);
  }

  private list(depth: number): void {
    const head = this.byte(), type = head & 15, size = head >> 4 === 15 ? this.varint() : head >> 4;
    // Every element takes a byte at least.
    if (size > this.end - this.at) throw new ParquetDamage(`a list says that it has ${size} elements, more than there are bytes.`);
    for (let element = 0; element < size; element++) {
      if (type === 1 || type === 2 || type === 3) this.skip(1);
      else if (type >= 4 && type <= 6) this.varint();
      else if (type === 12) this.struct(depth + 1);
      else this.pass(type, depth + 1);
    }
  }

  private byte(): number {
    if (this.at >= this.end) throw new ParquetDamage("it ends in the middle of a structure.");
    return this.bytes[this.at++]!;
  }

  private skip(count: number): void {
    if (count > this.end - this.at) throw new ParquetDamage("it ends in the middle of a structure.");
    this.at += count;
  }

  /** Numbers beyond 2^53 lose their last digits, which no count or offset needs. */
  private varint(): number {
    let value = 0;
    for (let index = 0, scale = 1; index < LONGEST_VARINT; index++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new ParquetDamage(`the number at byte ${this.at} has no end.`);
  }

  private zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
