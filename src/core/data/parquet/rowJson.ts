/** Owns rows of a table of typed columns as JSON: what each type becomes, and what JSON cannot hold. Nulls of columns and of structures are left out, for such tables know no missing keys. */

/** A column, or a part of a nested one. */
export interface ColumnType {
  readonly name: string;
  readonly kind: "text" | "number" | "decimal" | "time" | "timestamp" | "bytes" | "json" | "list" | "struct" | "map";
  /** In a sentence, for people: "list of structures". */
  readonly title: string;
  /** Of a list its element, of a map its value, of a structure its fields. */
  readonly children: readonly ColumnType[];
  /** Digits after the point (decimal); fractions of a second as a power of ten (time). */
  readonly scale?: number;
  /** Whether a timestamp is in UTC. */
  readonly utc?: boolean;
}

/** Something that JSON cannot hold as it is, for all rows together. */
export interface ImportNote { readonly column: string; readonly what: "bytes" | "not-finite" | "long-number" | "index"; count: number }

export class RowWriter {
  private readonly found = new Map<string, ImportNote>();
  private readonly columns: readonly ColumnType[];

  constructor(columns: readonly ColumnType[]) {
    // pandas writes its row numbers along.
    this.columns = columns.filter(({ name }) => !PANDAS_INDEX.test(name));
    for (const { name } of columns) if (PANDAS_INDEX.test(name)) this.note(name, "index");
  }

  get names(): readonly string[] { return this.columns.map(({ name }) => name); }
  get notes(): readonly ImportNote[] { return [...this.found.values()]; }

  /** One row as a line of JSON without its break; `valueOf` gives what the library decoded. */
  row(valueOf: (column: string) => unknown): string {
    let text = "";
    for (const column of this.columns) {
      const written = this.value(valueOf(column.name), column, column.name);
      if (written !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(column.name)}:${written}`;
    }
    return `{${text}}`;
  }

  /** Undefined for null. */
  private value(value: unknown, type: ColumnType, path: string): string | undefined {
    if (value === null || value === undefined) return undefined;
    if (Array.isArray(value)) {
      const element = type.kind === "list" ? type.children[0] ?? type : type;
      return `[${value.map((item) => this.value(item, element, path) ?? "null").join(",")}]`;
    }
    if (type.kind === "struct" && isObject(value)) return this.object(type.children.map((child) => [child.name, this.value(value[child.name], child, `${path}.${child.name}`)]));
    if (type.kind === "map" && isObject(value)) return this.object(Object.entries(value).map(([key, item]) => [key, type.children[0] && this.value(item, type.children[0], path)]));
    return this.leaf(value, type, path);
  }

  private object(entries: readonly (readonly [string, string | undefined])[]): string {
    return `{${entries.filter(([, written]) => written !== undefined).map(([key, written]) => `${JSON.stringify(key)}:${written!}`).join(",")}}`;
  }

  private leaf(value: unknown, type: ColumnType, path: string): string | undefined {
    if (typeof value === "string") return JSON.stringify(type.kind === "timestamp" && type.utc ? `${value}Z` : value);
    if (typeof value === "boolean") return String(value);
    if (value instanceof Uint8Array) return type.kind === "decimal" ? decimal(integerOf(value), type.scale ?? 0) : this.bytes(value, path);
    if (type.kind === "decimal" && (typeof value === "bigint" || typeof value === "number")) return decimal(BigInt(value), type.scale ?? 0);
    if (type.kind === "time" && (typeof value === "bigint" || typeof value === "number")) return JSON.stringify(timeOfDay(BigInt(value), type.scale ?? 3));
    if (typeof value === "bigint") {
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) this.note(path, "long-number");
      return String(value);
    }
    if (typeof value === "number") {
      if (Number.isFinite(value)) return String(value);
      this.note(path, "not-finite");
      return undefined;
    }
    return JSON.stringify(value);
  }

  /** Older writers do not mark texts as such; what is no text cannot be trained on. */
  private bytes(value: Uint8Array, path: string): string | undefined {
    try {
      const text = strict.decode(value);
      if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return JSON.stringify(text);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    this.note(path, "bytes");
    return undefined;
  }

  private note(column: string, what: ImportNote["what"]): void {
    const known = this.found.get(`${column}\0${what}`);
    if (known) known.count++;
    else this.found.set(`${column}\0${what}`, { column, what, count: 1 });
  }
}

/** One sentence. */
export const told = ({ column, what, count }: ImportNote): string => {
  const values = `${count.toLocaleString("en-US")} ${count === 1 ? "value" : "values"}`;
  switch (what) {
    case "bytes": return `\`${column}\` holds bytes that are no text (${values}), such as pictures; they are left out.`;
    case "not-finite": return `\`${column}\` holds infinite or undefined numbers (${values}), which JSON does not know; they are left out.`;
    case "long-number": return `\`${column}\` holds whole numbers beyond 2^53 (${values}); all of their digits are written, and most programs round them.`;
    case "index": return `\`${column}\` is the row number that pandas wrote along; it is left out.`;
  }
};

const PANDAS_INDEX = /^__index_level_\d+__$/;
const strict = new TextDecoder("utf-8", { fatal: true });
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !(value instanceof Uint8Array);

/** Two's complement, the highest byte first. */
const integerOf = (bytes: Uint8Array): bigint => {
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  return bytes.length > 0 && bytes[0]! > 127 ? value - (1n << BigInt(8 * bytes.length)) : value;
};

const decimal = (value: bigint, scale: number): string => {
  const sign = value < 0n ? "-" : "", digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

/** `unit` is 3, 6 or 9: milliseconds, microseconds, nanoseconds since midnight. */
const timeOfDay = (value: bigint, unit: number): string => {
  const second = 10n ** BigInt(unit), seconds = value / second, two = (part: bigint): string => String(part).padStart(2, "0");
  return `${two(seconds / 3600n)}:${two(seconds / 60n % 60n)}:${two(seconds % 60n)}${fraction(value % second, unit)}`;
};

const fraction = (value: bigint, digits: number): string => value === 0n ? "" : `.${String(value).padStart(digits, "0").replace(/0+$/, "")}`;

/** A moment since 1970 as ISO 8601 writes it, without a zone. `unit` as above. */
export const isoTime = (value: bigint, unit: number): string => {
  const second = 10n ** BigInt(unit), rest = (value % second + second) % second, seconds = (value - rest) / second;
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(value) : `${date.toISOString().slice(0, -5)}${fraction(rest, unit)}`;
};

export const isoDate = (days: number): string => {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().slice(0, -14);
};
