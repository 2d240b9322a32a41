/** Owns where descriptions of columns stand: run configs, dataset_info.json beside the dataset, the folder's settings, the command line. One schema for all of them. */
import { parse, parseTree } from "jsonc-parser";
import * as z from "zod";
import { UserError } from "../../errors";
import { matchesGlob } from "./glob";
import { mappingOf, type Mapping } from "./mapping";
import { columnKeys, entrySchema, mappingSchema, tagKeys, type MappingEntry } from "./mappingSchema";

/** A mapping, or in a sentence why a description cannot be used; neither where nothing describes the dataset. */
export interface FoundMapping { readonly mapping?: Mapping; readonly problem?: string }

const firstIssue = ({ issues }: z.ZodError): string => `${issues[0]!.path.length > 0 ? `${issues[0]!.path.join(".")}: ` : ""}${issues[0]!.message}.`;

/**
 * What the dataset_info.json with this text says of the dataset `file` (a name beside it). Nothing also where the entry says nothing about columns, or describes
 * rows with pictures or KTO labels: then the format is found out.
 */
export const mappingFrom = (text: string, file: string): FoundMapping => {
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `dataset_info.json beside it is not JSON: ${error.message}` };
    throw error;
  }
  if (typeof info !== "object" || info === null || Array.isArray(info)) return { problem: "dataset_info.json beside it is no object of dataset names." };
  for (const [name, value] of Object.entries(info)) {
    if (typeof value !== "object" || value === null || (value as { file_name?: unknown }).file_name !== file) continue;
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) return { problem: `The entry ${JSON.stringify(name)} of dataset_info.json beside it cannot be read: ${firstIssue(parsed.error)}` };
    const { formatting, ranking, columns, tags } = parsed.data;
    if (!columns && !tags && formatting === "alpaca" && !ranking) return {};
    if (columns?.images ?? columns?.videos ?? columns?.audios ?? columns?.kto_tag) return {};
    return { mapping: mappingOf(name, `dataset_info.json describes it as ${JSON.stringify(name)}`, parsed.data) };
  }
  return {};
};

export const MAPPINGS_SETTING = "tunesmith.datasets.mappings";

/** What the setting with this value says of a dataset. `path` is relative to the folder whose settings these are, with slashes; the first pattern that fits counts. */
export const mappingFromSetting = (value: unknown, path: string): FoundMapping => {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) return { problem: `The setting ${MAPPINGS_SETTING} is no object of patterns.` };
  for (const [pattern, entry] of Object.entries(value)) {
    if (!matchesGlob(pattern, path)) continue;
    const parsed = mappingSchema.safeParse(entry);
    if (!parsed.success) return { problem: `The setting ${MAPPINGS_SETTING} cannot be read for ${JSON.stringify(pattern)}: ${firstIssue(parsed.error)}` };
    return { mapping: mappingOf(pattern, `The folder's settings describe ${JSON.stringify(pattern)}`, parsed.data) };
  }
  return {};
};

/** A run config that trains or evaluates on a dataset, and what it says of the columns. */
export interface DescribingConfig { readonly name: string; readonly mapping?: MappingEntry | undefined }

/** What the run configs that name a dataset say of it. Of several that say different things the one called `chosen` counts; where that one says nothing, none of them does. */
export const mappingFromConfigs = (configs: readonly DescribingConfig[], chosen?: string): FoundMapping => {
  const saying = configs.flatMap(({ name, mapping }) => mapping ? [{ name, mapping, what: whatIsSaid(mapping) }] : []);
  const own = saying.find(({ name }) => name === chosen) ?? saying[0];
  if (!own) return {};
  const others = saying.filter(({ what }) => what !== own.what).map(({ name }) => name);
  if (others.length === 0) return { mapping: mappingOf(own.name, `${own.name} describes it`, own.mapping) };
  if (own.name !== chosen) return { problem: `${saying.map(({ name }) => name).join(" and ")} describe its columns differently. Choose the run config that counts: click the base in the status bar.` };
  return { mapping: mappingOf(own.name, `${own.name} describes it, otherwise than ${others.join(" and ")}`, own.mapping) };
};

/** The same for equal descriptions, in whatever order they were written. */
const whatIsSaid = (entry: MappingEntry): string => {
  const { formatting, ranking, columns, tags } = mappingOf("", "", entry), sorted = (words: object): unknown => Object.entries(words).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([formatting, ranking, sorted(columns), sorted(tags)]);
};

/** The setting's value in a settings.json, which may have comments; undefined where it has none, or is no JSON at all: VS Code tells of that. */
export const settingIn = (text: string): unknown => {
  const settings: unknown = parse(text, [], { allowTrailingComma: true });
  return typeof settings === "object" && settings !== null && Object.hasOwn(settings, MAPPINGS_SETTING) ? (settings as Record<string, unknown>)[MAPPINGS_SETTING] : undefined;
};

/** `prompt=ticket,response=reply` as the command line takes it: keys of `columns` and `tags`. Messages or tags mean a list of messages, a chosen answer a pair of answers. Throws BAD_ARGUMENT. */
export const mappingFromWords = (words: string): Mapping => {
  const columns: Record<string, string> = {}, tags: Record<string, string> = {};
  for (const word of words.split(",")) {
    const [key = "", ...rest] = word.split("="), name = rest.join("=").trim(), known = key.trim();
    const place = Object.hasOwn(columnKeys, known) ? columns : Object.hasOwn(tagKeys, known) ? tags : undefined;
    if (!place || name === "") throw new UserError("BAD_ARGUMENT", `"${word}" is no description of a column.`, `Write --columns prompt=NAME,response=NAME; keys are ${[...Object.keys(columnKeys), ...Object.keys(tagKeys)].join(", ")}.`);
    place[known] = name;
  }
  const formatting = columns.messages !== undefined || Object.keys(tags).length > 0 ? "sharegpt" : "alpaca";
  return mappingOf("--columns", "Read as --columns says", { formatting, ranking: columns.chosen !== undefined || columns.rejected !== undefined, columns, tags });
};

/** The entry that says what a mapping says; what is so anyway is left out. */
export const entryOfMapping = ({ formatting, ranking, columns, tags }: Pick<Mapping, "formatting" | "ranking" | "columns" | "tags">): Partial<MappingEntry> => ({
  ...(formatting === "alpaca" ? {} : { formatting }), ...(ranking ? { ranking } : {}), columns, ...(Object.keys(tags).length > 0 ? { tags } : {}),
});

/** The text of a dataset_info.json ("" for none) with the description of `file` put in; all else in it stays letter by letter. Throws CONFIG_INVALID where the text is no JSON object. */
export const withEntry = (text: string, file: string, entry: Partial<MappingEntry>): string => {
  const whole = text.trim() === "" ? "{}\n" : text, tree = parseTree(whole), info = parsedObject(whole);
  if (!info || tree?.type !== "object") throw new UserError("CONFIG_INVALID", "The dataset_info.json beside the dataset is no JSON object.", "Mend it first, or keep the description in the folder's settings.");
  const known = Object.entries(info).find(([, value]) => typeof value === "object" && value !== null && (value as { file_name?: unknown }).file_name === file)?.[0];
  const stem = file.replace(/\.\w+$/, "") || file, entries = tree.children ?? [], last = entries.at(-1);
  let name = known ?? stem;
  for (let number = 2; known === undefined && Object.hasOwn(info, name); number++) name = `${stem}_${number}`;
  const written = JSON.stringify({ file_name: file, ...entry }, null, 2).replaceAll("\n", "\n  ");
  const put = (from: number, to: number, what: string): string => whole.slice(0, from) + what + whole.slice(to);
  // Of a key that comes twice the last counts.
  const place = known === undefined ? undefined : entries.findLast(({ children }) => children?.[0]?.value === known)?.children?.[1];
  if (place) return put(place.offset, place.offset + place.length, written);
  const fresh = `\n  ${JSON.stringify(name)}: ${written}`;
  return last ? put(last.offset + last.length, last.offset + last.length, `,${fresh}`) : put(tree.offset, tree.offset + tree.length, `{${fresh}\n}`);
};

const parsedObject = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** JSON Schema (draft 7) of one description, as the setting holds it.
 * @public held against package.json by test/extension/manifest.test.ts */
export const mappingJsonSchema = (): unknown => z.toJSONSchema(mappingSchema, { io: "input", target: "draft-7" });

/** JSON Schema of a dataset_info.json, for the editor. Other programs keep files of that name with other things in them, hence no demands.
 * @public used by scripts/build.mjs */
export const datasetInfoJsonSchema = (): unknown => {
  const { $schema, properties } = z.toJSONSchema(entrySchema, { io: "input", target: "draft-7" });
  return { $schema, type: "object", additionalProperties: { properties } };
};
