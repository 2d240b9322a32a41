/** Owns what a row says under the keys by which rows are grouped. */

/** The values of keys (dots reach inside) in a row that is one JSON object; a row that is not has none. */
export const keyValues = (text: string, keys: readonly string[]): Map<string, string> => {
  let row: unknown;
  try {
    row = JSON.parse(text.replace(/^\ufeff/, "").replace(/,\s*$/, ""));
  } catch (error) {
    if (error instanceof SyntaxError) return new Map(); // A cell of a table, or a row over several lines: it has no keys to group by.
    throw error;
  }
  return new Map(keys.flatMap((key): [string, string][] => {
    const value = key.split(".").reduce<unknown>((at, part) => (typeof at === "object" && at !== null && Object.hasOwn(at, part) ? (at as Record<string, unknown>)[part] : undefined), row);
    return value === undefined || value === null ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]];
  }));
};
