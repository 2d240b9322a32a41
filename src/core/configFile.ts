/** Config files that a person writes (JSON with comments and trailing commas), checked against a zod schema; says every fault at once, with its line. */
import { getNodePath, findNodeAtLocation, parse, parseTree, printParseErrorCode, type ParseError } from "jsonc-parser";
import { type z } from "zod";
import { UserError } from "./errors";

/** The JSON parser goes down into brackets by calling itself. */
const DEEPEST = 200;
const depthOf = (text: string): number => {
  let depth = 0, most = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) most = Math.max(most, (depth += bracket === "[" || bracket === "{" ? 1 : -1));
  return most;
};

/** Throws CONFIG_INVALID with the line of each fault. `name` is shown in messages. `settings` lie over what the file says. */
export const parseConfigFile = <Schema extends z.ZodObject>(schema: Schema, text: string, name: string, settings: readonly string[] = []): z.output<Schema> => {
  if (depthOf(text) > DEEPEST) throw invalid(`${name} has brackets more than ${DEEPEST} deep.`);
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true, disallowComments: false });
  const first = errors[0];
  if (first) throw invalid(`${name}, line ${lineOf(text, first.offset)}: this is not JSON (${printParseErrorCode(first.error)}).`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${name} holds no JSON object.`);
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return checkConfig(schema, withSettings(value as Record<string, unknown>, settings), name, (path) => {
    // An absent key has no place of its own: then the object that should have it.
    for (let length = path.length; tree && length >= 0; length--) {
      const node = findNodeAtLocation(tree, path.slice(0, length));
      if (node && (length > 0 || getNodePath(node).length === 0)) return `, line ${lineOf(text, node.offset)}`;
    }
    return "";
  });
};

/** Validates a value against the schema and fills in the defaults. Throws CONFIG_INVALID. */
export const checkConfig = <Schema extends z.ZodObject>(schema: Schema, value: unknown, name: string, place: (path: (string | number)[]) => string = () => ""): z.output<Schema> => {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    return [`${name}${place(path)}: ${explain(schema, issue, path)}`];
  });
  const more = faults.length - MOST_FAULTS;
  throw invalid(`${faults.slice(0, MOST_FAULTS).join(" ")}${more > 0 ? ` There ${more === 1 ? "is one more fault" : `are ${more} more faults`}.` : ""}`);
};

/** More are told after these are mended. */
const MOST_FAULTS = 5;

/** Lays `key=value` over a config: dotted keys, values as JSON where they are JSON, else as text. Throws BAD_ARGUMENT. */
export const withSettings = (config: Record<string, unknown>, settings: readonly string[]): Record<string, unknown> => {
  const result = structuredCopy(config);
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const keys = setting.slice(0, Math.max(0, at)).split(".");
    if (at < 1 || keys.some((key) => !/^[$\w]+$/.test(key) || key === "__proto__")) {
      throw new UserError("BAD_ARGUMENT", `"${setting}" is not a setting.`, "Write key=value, such as learning_rate=1e-3 or lora.r=16.");
    }
    let object = result;
    for (const key of keys.slice(0, -1)) {
      const inner = Object.hasOwn(object, key) ? object[key] : undefined;
      object = (object[key] = typeof inner === "object" && inner !== null ? inner : {}) as Record<string, unknown>;
    }
    object[keys.at(-1)!] = readValue(setting.slice(at + 1));
  }
  return result;
};

const readValue = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text; // A bare word: base=../model needs no quotes.
  }
};

const structuredCopy = (value: Record<string, unknown>): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

const invalid = (what: string): UserError => new UserError("CONFIG_INVALID", what, "Mend the config and try again; the README lists every key, and the editor completes them.");

type Issue = z.core.$ZodIssue;

/** One sentence: the key, what it may be, what it is. */
const explain = (schema: z.ZodObject, issue: Issue, path: readonly (string | number)[]): string => {
  const key = path.length > 0 ? `"${path.join(".")}"` : "the config";
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      const told = issue.keys.slice(0, MOST_FAULTS).map((unknown) => ({ unknown, near: known.find((each) => distance(each, unknown) <= 2) }));
      const last = told.findLast(({ near }) => near === undefined);
      return told.map((one) => {
        const after = one.near ? `; did you mean "${one.near}"?` : one === last ? `; the keys are ${known.join(", ")}.` : ".";
        return `there is no key "${[...path, one.unknown].join(".")}"${after}`;
      }).join(" ");
    }
    case "invalid_value":
      return `${key} must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}.`;
    case "invalid_type":
      return issue.input === undefined ? `${key} is missing (${describe(issue.expected)}).` : `${key} must be ${describe(issue.expected)}.`;
    case "too_small":
      return `${key} must be ${issue.inclusive === false ? "more than" : "at least"} ${String(issue.minimum)}${issue.origin === "array" ? " long" : ""}.`;
    case "too_big":
      return `${key} must be ${issue.inclusive === false ? "less than" : "at most"} ${String(issue.maximum)}.`;
    case "invalid_union":
      return `${key} ${issue.message}.`; // A union says in its schema what it must be.
    default:
      return `${key}: ${issue.message}.`;
  }
};

const describe = (type: string): string => ({ string: "a text", number: "a number", int: "a whole number", object: "an object", array: "a list" })[type] ?? type;

/** The keys of the object that stands at a path, through lists, defaults and optional objects. */
const keysAt = (schema: z.ZodObject, path: readonly (string | number)[]): string[] => {
  let at: z.core.$ZodType = schema;
  for (const part of path) {
    at = bare(at);
    at = "shape" in at._zod.def ? (at as z.ZodObject).shape[part]! : (at as z.ZodArray).element;
  }
  return Object.keys((bare(at) as z.ZodObject).shape).filter((key) => key !== "$schema");
};

const bare = (schema: z.core.$ZodType): z.core.$ZodType => ("innerType" in schema._zod.def ? bare(schema._zod.def.innerType as z.core.$ZodType) : schema);

/** Levenshtein's, for slips of the pen. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};
