/** Builds what a `*.mix.json` describes: reads the sources, writes the training and evaluation files and a lock file beside it, and says later whether they are still what the sources give. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { targets } from "../core/data/convert/convert";
import { type MixLock } from "../core/data/mixture/mixLock";
import { type MixConfig, parseMixConfig } from "../core/data/mixture/mixConfig";
import { type Mixed, mixRows, type MixRow } from "../core/data/mixture/mix";
import { keyValues } from "../core/data/mixture/keyValues";
import { likePairs } from "../core/data/mixture/pairs";
import { parseDataset } from "../core/data/parse";
import { type DatasetRecord } from "../core/data/record";
import { rowTextIn } from "../core/data/rows/rowText";
import { UserError } from "../core/errors";
import { fileSha256, writeFileAtomic } from "../node/files";
import { readDatasetFile } from "../node/readDataset";

export interface MixFiles { readonly train: string; readonly held: string; readonly lock: string }

/** `news.mix.json` gives news.train.jsonl, news.eval.jsonl and news.mix.lock.json. */
export const mixFiles = (path: string): MixFiles => {
  const stem = join(dirname(resolve(path)), basename(path).replace(/\.mix\.json$/, ""));
  return { train: `${stem}.train.jsonl`, held: `${stem}.eval.jsonl`, lock: `${stem}.mix.lock.json` };
};

interface SourceRow extends MixRow { readonly record: DatasetRecord }

/** Writes the files. `turn` as in `likePairs`. Throws CONFIG_NOT_FOUND, CONFIG_INVALID, DATASET_*, DISK_FULL, WRITE_FAILED. */
export const buildMixture = async (path: string, turn: (done: number) => Promise<void> = async () => {}): Promise<MixLock> => {
  const config = await readConfig(path), folder = dirname(resolve(path)), files = mixFiles(path);
  const rows: SourceRow[] = [], sources: MixLock["sources"][number][] = [], losses: MixLock["losses"][number][] = [];
  for (const [index, source] of config.sources.entries()) {
    const read = await readSource(config, index, folder);
    for (const row of read.rows) rows.push(row);
    sources.push({ file: source.file, sha256: await fileSha256(resolve(folder, source.file)), rows: read.all, usable: read.usable });
    losses.push(...read.losses);
  }
  const pairs = config.near_duplicates === "ignore" ? { near: [], asked: [] } : await likePairs(rows.map(({ record }) => record), turn);
  const mixed = mixRows(rows, pairs, config);
  const written: MixLock["files"][number][] = [];
  for (const [file, part] of [[files.train, mixed.train], [files.held, mixed.held]] as const) {
    if (part.length === 0 && file === files.held) continue;
    const text = part.map(({ content }) => `${content}\n`).join("");
    await writeFileAtomic(file, text);
    written.push({ file: basename(file), sha256: sha256(text), rows: part.length });
  }
  const lock: MixLock = { settings: settingsHash(config), sources, files: written, ...summary(mixed), losses };
  await writeFileAtomic(files.lock, `${JSON.stringify(lock, null, 2)}\n`);
  return lock;
};

const summary = ({ tasks, duplicates, nearDuplicates }: Mixed): Pick<MixLock, "tasks" | "duplicates" | "nearDuplicates"> => ({ tasks, duplicates, nearDuplicates });

/** What is different from when the mixture was built, a sentence each; none where building again would write the same. Throws as `buildMixture` does for its own file. */
export const mixtureChanges = async (path: string): Promise<string[]> => {
  const config = await readConfig(path), folder = dirname(resolve(path)), { lock: lockFile } = mixFiles(path);
  if (!existsSync(lockFile)) return [`${basename(path)} was not built yet.`];
  const lock = JSON.parse(await readFile(lockFile, "utf8")) as MixLock;
  const changed = async (file: string, hash: string): Promise<string | undefined> => {
    const at = resolve(folder, file);
    return !existsSync(at) ? `${file} is missing.` : (await fileSha256(at)) === hash ? undefined : `${file} has changed.`;
  };
  const found = await Promise.all([...lock.sources, ...lock.files].map(({ file, sha256: hash }) => changed(file, hash)));
  return [...(lock.settings === settingsHash(config) ? [] : [`The settings in ${basename(path)} have changed.`]), ...found.filter((each) => each !== undefined)];
};

const readConfig = async (path: string): Promise<MixConfig> => {
  if (!/\.mix\.json$/.test(path)) throw new UserError("BAD_ARGUMENT", `${path} is not a mixture.`, "Give a file whose name ends in .mix.json.");
  try {
    return parseMixConfig(await readFile(path, "utf8"), basename(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof UserError) throw cause;
    throw new UserError("CONFIG_NOT_FOUND", code === "ENOENT" ? `There is no mixture ${path}.` : `The mixture ${path} cannot be read (${code ?? String(cause)}).`, "Give a *.mix.json; docs/mixtures.md has an example.", { cause });
  }
};

const readSource = async (config: MixConfig, index: number, folder: string): Promise<{ rows: SourceRow[]; all: number; usable: number; losses: MixLock["losses"][number][] }> => {
  const source = config.sources[index]!, { text, options } = await readDatasetFile(resolve(folder, source.file), source.file);
  const parsed = parseDataset(text, options), target = targets.find(({ name }) => name === config.format)!;
  if (parsed.usable === 0) throw new UserError("DATASET_NO_USABLE_ROW", `${source.file} has no row that can be trained on. ${parsed.formatReason}`, `\`tunesmith check ${source.file}\` lists every problem.`);
  const counts = new Map<string, { rows: number; leftOut: boolean }>();
  const lose = (what: string, leftOut = false): void => { counts.set(what, { rows: (counts.get(what)?.rows ?? 0) + 1, leftOut }); };
  const keys = [...config.group_by, ...(source.task_key === undefined ? [] : [source.task_key])], seen = new Set<string>();
  const rows = parsed.records.flatMap((record): SourceRow[] => {
    const written = target.write(record, lose, parsed.records);
    if (!written) return [];
    const values = keys.length > 0 ? keyValues(rowTextIn(parsed, record).text, keys) : new Map<string, string>();
    for (const key of values.keys()) seen.add(key);
    const task = source.task_key === undefined ? undefined : values.get(source.task_key);
    return [{ source: index, line: record.line, record, content: JSON.stringify(written), task: task ?? source.task ?? basename(source.file), groups: config.group_by.flatMap((key) => (values.has(key) ? [`${key}=${values.get(key)!}`] : [])) }];
  });
  if (source.task_key !== undefined && !seen.has(source.task_key)) throw new UserError("CONFIG_INVALID", `No row of ${source.file} has the key "${source.task_key}" of its task_key.`, "Correct the key, or take task_key out.");
  return { rows, all: parsed.rows, usable: parsed.usable, losses: [...counts].map(([what, count]) => ({ file: source.file, what, ...count })) };
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const settingsHash = (config: MixConfig): string => sha256(JSON.stringify({ ...config, $schema: undefined }));
