/** Hostile variants of real files for property tests: bytes changed, removed and put in; JSON trees with a part replaced, removed, doubled or moved; and what may come of them. */
import fc from "fast-check";
import { expect } from "vitest";
import { type ErrorCode, isUserError } from "../src/core/errors";
import { type Folder } from "../src/core/runtime";

export type Files = Readonly<Record<string, Uint8Array>>;

/** A folder in memory. `largest` is the longest read so far, for bounds on memory. */
export function memoryFolder(files: Files, path = "/model"): Folder & { largest: number } {
  const of = (name: string): Uint8Array => {
    const bytes = files[name];
    if (!bytes) throw new Error(`nothing was to read ${name}, which is not there`);
    return bytes;
  };
  const folder = {
    path, largest: 0, exists: async (name: string) => Object.hasOwn(files, name), size: async (name: string) => of(name).length,
    read: async (name: string, start = 0, end = of(name).length) => {
      if (start < 0 || end < start || end > of(name).length) throw new Error(`${name} was read from ${start} to ${end}, and has ${of(name).length} bytes`);
      folder.largest = Math.max(folder.largest, end - start);
      return of(name).slice(start, end);
    },
  };
  return folder;
}

export const asBytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
export const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Up to four edits at any places, more of them near the beginning. */
export function mutatedBytes(whole: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.oneof(fc.nat(Math.min(600, whole.length)), fc.nat(whole.length)), remove: fc.nat(8), put: fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom("\0", "[[[[[[[[", '{"a":', "1e999", "\ufeff", "\\u0000", '"').map(asBytes)) });
  const edited = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce((file, { at, remove, put }) => Uint8Array.from([...file.subarray(0, at), ...put, ...file.subarray(at + remove)]), whole));
  return fc.oneof({ weight: 4, arbitrary: edited }, { weight: 1, arbitrary: fc.nat(whole.length).map((length) => whole.slice(0, length)) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) });
}

/** As JSON text, because some of these cannot be written by JSON.stringify: numbers out of range, keys that are there twice, nesting without end. */
const hostileText = fc.constantFrom("null", "true", "false", "0", "-1", "1.5", "1e308", "1e999", "-1e999", "9007199254740993", "4294967296", "2147483648", "65537", '""', '"x"', `"${"a".repeat(5000)}"`, '"../../secret"', '"\\u0000"', '"\\ud800"', "[]", "{}", "[[]]", "[null]", '[1,"a",{}]', "[-1]",
  '{"__proto__":{"polluted":1}}', '{"constructor":1}', '{"toString":null}', `${"[".repeat(3000)}${"]".repeat(3000)}`, `${'{"type":"Sequence","pretokenizers":['.repeat(300)}${"]}".repeat(300)}`);

type Path = readonly (string | number)[];

/** The JSON text with one part of it made hostile; every part is as likely as every other of its depth. */
function mutatedOnce(value: unknown): fc.Arbitrary<{ readonly text: string; readonly path: Path }> {
  const at = (path: Path): unknown => path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], value);
  const grow = (path: Path): fc.Arbitrary<Path> => {
    const node = at(path), keys = typeof node === "object" && node !== null ? (Array.isArray(node) ? [...node.keys()] : Object.keys(node)) : [];
    return keys.length === 0 ? fc.constant(path) : fc.oneof({ weight: path.length === 0 ? 0 : 1, arbitrary: fc.constant(path) }, { weight: 3, arbitrary: fc.constantFrom(...keys).chain((key) => grow([...path, key])) });
  };
  const change = fc.oneof({ weight: 5, arbitrary: hostileText }, { weight: 1, arbitrary: fc.constant("REMOVE") }, { weight: 1, arbitrary: fc.constant("RENAME") }, { weight: 1, arbitrary: fc.constant("DOUBLE") }, { weight: 1, arbitrary: grow([]).map((path) => JSON.stringify(at(path))) });
  return fc.tuple(fc.oneof({ weight: 30, arbitrary: grow([]) }, { weight: 1, arbitrary: fc.constant([]) }), change).map(([path, text]) => ({ path, text: written(value, path, text) }));
}

/** `value` as JSON with `text` in place of what stands at `path`. */
function written(value: unknown, path: Path, text: string): string {
  const [key, ...rest] = path;
  if (key === undefined) return text === "REMOVE" || text === "RENAME" || text === "DOUBLE" ? "" : text;
  const last = rest.length === 0, inner = (node: unknown): string => written(node, rest, text), whole = (node: unknown): string => JSON.stringify(node);
  if (Array.isArray(value)) {
    return `[${value.flatMap((item, i) => (i !== key ? [whole(item)] : last && text === "REMOVE" ? [] : last && text === "DOUBLE" ? [whole(item), whole(item)] : [last && text === "RENAME" ? "null" : inner(item)])).join(",")}]`;
  }
  return `{${Object.entries(value as object).flatMap(([name, item]) => {
    const entry = (shown: string, content: string): string => `${JSON.stringify(shown)}:${content}`;
    if (name !== key) return [entry(name, whole(item))];
    if (!last) return [entry(name, inner(item))];
    return text === "REMOVE" ? [] : text === "RENAME" ? [entry("__proto__", whole(item))] : text === "DOUBLE" ? [entry(name, whole(item)), entry(name, "[]")] : [entry(name, text)];
  }).join(",")}}`;
}

/** A real JSON file with one hostile part, sometimes two. `path` is where the last one is. */
export const mutatedTree = (value: unknown): fc.Arbitrary<{ readonly text: string; readonly path: Path }> => fc.oneof(
  { weight: 3, arbitrary: mutatedOnce(value) },
  { weight: 1, arbitrary: mutatedOnce(value).chain((first) => { const again = parsed(first.text); return typeof again === "object" && again !== null ? mutatedOnce(again) : fc.constant(first); }) },
);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // One of the mutations that are no JSON.
  }
};

/** What loading answered: its value, or the UserError; anything else that it throws is a fault of the loader. The error must be one of `codes` and name the file. */
export async function settled<T>(load: () => T | Promise<T>, codes: readonly ErrorCode[], file: string | RegExp): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!isUserError(error)) throw error;
    expect(codes, `${error.what} ${error.next}`).toContain(error.code);
    expect(error.what).toMatch(file);
    expect(error.what.length, error.what.slice(0, 300)).toBeLessThan(1200);
    expect(error.what).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    expect(error.next).toMatch(/^\S.*[.)]$/s);
    return undefined;
  } finally {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }
}
