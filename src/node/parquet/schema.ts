/** Owns what a Parquet schema says of its columns, in the words of core. */
import { type SchemaTree } from "hyparquet";
import { type ColumnType } from "../../core/data/parquet/rowJson";

export const columnsOf = (tree: SchemaTree): ColumnType[] => tree.children.map(typeOf);

/** Highest definition and repetition level of a column. Throws where the schema does not have it. */
export const levelsOf = (tree: SchemaTree, path: readonly string[]): { definition: number; repetition: number } => {
  let [definition, repetition, at] = [0, 0, tree];
  for (const name of path) {
    const child = at.children.find(({ element }) => element.name === name);
    if (!child) throw new Error(`there is no column ${path.join(".")} in its schema`);
    at = child;
    if (at.element.repetition_type !== "REQUIRED") definition++;
    if (at.element.repetition_type === "REPEATED") repetition++;
  }
  return { definition, repetition };
};

const typeOf = (node: SchemaTree): ColumnType => {
  const { element, children } = node, { name, converted_type: converted, logical_type: logical } = element;
  const [first] = children;
  if (converted === "LIST" && first?.element.repetition_type === "REPEATED" && children.length === 1) {
    const item = typeOf(first.children.length === 1 ? first.children[0]! : first);
    return { name, kind: "list", title: `list of ${item.title}`, children: [item] };
  }
  if (converted === "MAP" && first?.children.length === 2) {
    const item = typeOf(first.children[1]!);
    return { name, kind: "map", title: `map of ${item.title}`, children: [item] };
  }
  if (children.length > 0) return { name, kind: "struct", title: `{${children.map((child) => child.element.name).join(", ")}}`, children: children.map(typeOf) };
  const leaf = (kind: ColumnType["kind"], title: string, more: Partial<ColumnType> = {}): ColumnType => ({ name, kind, title, children: [], ...more });
  if (logical?.type === "DECIMAL" || converted === "DECIMAL") return leaf("decimal", "decimal", { scale: Math.min(100, Math.max(0, element.scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0))) });
  if (logical?.type === "TIMESTAMP" || converted === "TIMESTAMP_MILLIS" || converted === "TIMESTAMP_MICROS") return leaf("timestamp", "timestamp", { utc: logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true });
  if (logical?.type === "TIME" || converted === "TIME_MILLIS" || converted === "TIME_MICROS") return leaf("time", "time of day", { scale: logical?.type === "TIME" ? { MILLIS: 3, MICROS: 6, NANOS: 9 }[logical.unit] : converted === "TIME_MILLIS" ? 3 : 6 });
  if (converted === "JSON" || logical?.type === "JSON") return leaf("json", "JSON");
  if (converted === "UTF8" || converted === "ENUM" || logical?.type === "STRING" || logical?.type === "UUID" || converted === "DATE") return leaf("text", converted === "DATE" ? "date" : "text");
  if (logical?.type === "FLOAT16") return leaf("number", "number");
  if (element.type === "BYTE_ARRAY" || element.type === "FIXED_LEN_BYTE_ARRAY") return leaf("bytes", "bytes");
  return leaf("number", element.type === "BOOLEAN" ? "true or false" : element.type === "INT96" ? "timestamp" : "number");
};
