/** `tunesmith check`: what is wrong with datasets, and mending it. */
import { grouped } from "../core/grouped";
import { resolve } from "node:path";
import { formatNames, titleOf } from "../core/data/formats/formats";
import { type CodeCount } from "../core/data/content/fileReport";
import { parseDataset, type ParsedDataset, type ParseOptions } from "../core/data/parse";
import { type Problem, type Severity } from "../core/data/problem";
import { type FormatName } from "../core/data/record";
import { rowTextIn } from "../core/data/rows/rowText";
import { UserError } from "../core/errors";
import { isReadInBlocks } from "../node/datasetRows";
import { readDatasetFile, type DatasetFile } from "../node/readDataset";
import { checkLarge, contentOf, severities, type ContentOptions, type Live } from "./checkContent";
import { counted, paintFor, print, printJson, type Paint } from "./output";

export interface CheckOptions extends ContentOptions {
  readonly format?: string;
  /** What the columns are called: `prompt=ticket,response=reply`. */
  readonly columns?: string;
  /** With this or `maxLength`, rows are also checked as this base (the starter, if left out) would see them. */
  readonly base?: string;
  readonly maxLength?: number;
  readonly fix?: boolean;
  readonly json?: boolean;
}

interface Checked {
  readonly file: string; readonly parsed: Pick<ParsedDataset, "format" | "formatReason" | "rows">; readonly problems: readonly Problem[]; readonly usable: number; readonly mended: number;
  /** Of a file in blocks, of which not every problem is kept. */
  readonly counts?: readonly CodeCount[];
  /** What a Parquet file holds and its rows as JSON do not. */
  readonly notes?: readonly string[];
  readonly fixable?: number;
  /** The share that was done when it was interrupted. */
  readonly stopped?: number;
  /** Whether its problems were printed as they were found. */
  readonly isShown?: boolean;
}

/** Longest example where none is given; the default of run configs. */
const MAX_LENGTH = 512;

/** 0: nothing to say that matters; 1: there are errors or warnings; 130: it was interrupted. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, BAD_ARGUMENT, BASE_NOT_FOUND, TOKENIZER_*, DISK_FULL, WRITE_FAILED. */
export const check = async (files: readonly string[], options: CheckOptions): Promise<number> => {
  const asked = await askedOf(options);
  if (options.structure && options.eval !== undefined) throw new UserError("BAD_ARGUMENT", "--structure looks at single rows, --eval compares them.", "Leave one of the two out.");
  const lint = await linter(options);
  const withSeverity = severities(options.severity);
  const datasets: { file: string; dataset: DatasetFile | undefined }[] = [];
  const mayBeLarge = !options.fix && options.base === undefined && options.maxLength === undefined;
  for (const file of files) datasets.push({ file, dataset: mayBeLarge && await isReadInBlocks(resolve(file), file) ? undefined : await readDatasetFile(resolve(file), file) });
  const checked: Checked[] = [];
  for (const { file, dataset } of datasets) {
    if (dataset === undefined) {
      // Whoever looks sees the first problems at once, not when all of the file is compared.
      const isShown = process.stdout.isTTY && !options.json, paint = paintFor(process.stdout);
      if (isShown) print(paint.underline(file));
      const { format: found, problems, usable, counts, fixable, stopped, ...parsed } = await checkLarge(resolve(file), file, options, asked, isShown ? liveList(withSeverity, paint) : undefined);
      const large: Checked = { file, parsed: { ...parsed, format: found as FormatName }, problems: withSeverity(problems), usable, mended: 0, counts: withSeverity(counts), fixable, stopped, isShown };
      checked.push(large);
      if (isShown) print(section(large, paint));
      if (stopped !== undefined) break;
      continue;
    }
    const { text, packed, notes } = dataset;
    const parseOptions = { ...dataset.options, ...asked };
    if (options.fix && packed) throw new UserError("BAD_ARGUMENT", `${file} is ${notes ? "a Parquet file, which can be read and not written" : "compressed and cannot be mended in place"}.`, notes ? `Write its rows as JSON Lines first: \`tunesmith convert ${file} rows.jsonl\`.` : `Unpack it first: \`gunzip -k ${file}\`.`);
    const fixed = options.fix ? (await import("../core/data/editing/fixes")).fixAll(text, parseOptions) : { text, applied: 0 };
    if (fixed.text !== text) await (await import("../node/files")).writeFileAtomic(resolve(file), fixed.text);
    const parsed = parseDataset(fixed.text, parseOptions);
    const found = lint(parsed);
    const refused = new Set(found.filter(({ severity }) => severity === "error").map(({ line }) => line));
    const problems = withSeverity([...parsed.problems, ...found, ...await contentOf(parsed, options, asked)]).sort((a, b) => a.line - b.line || a.span.start - b.span.start);
    checked.push({ file, parsed, problems, usable: parsed.usable - refused.size, mended: fixed.applied, ...(notes && { notes }) });
  }
  if (options.json) printJson({ files: checked.map(asJson) });
  else print(report(checked, paintFor(process.stdout), options));
  if (checked.some(({ stopped }) => stopped !== undefined)) return 130;
  return checked.some(({ problems }) => problems.some(({ severity }) => severity !== "information")) ? 1 : 0;
};

/** What the person says of the rows, over what is found out. */
const askedOf = async ({ format: name, columns }: CheckOptions): Promise<Pick<ParseOptions, "format" | "mapping">> => {
  if (name !== undefined && columns !== undefined) throw new UserError("BAD_ARGUMENT", "--format and --columns both say how rows are read.", "Leave one of the two out.");
  const format = formatOf(name);
  return { ...(format && { format }), ...(columns !== undefined && { mapping: (await import("../core/data/formats/mappingSources")).mappingFromWords(columns) }) };
};

const formatOf = (name: string | undefined): FormatName | undefined => {
  if (name === undefined || formatNames.includes(name as FormatName)) return name as FormatName | undefined;
  throw new UserError("BAD_ARGUMENT", `There is no format "${name}".`, `Formats are ${formatNames.slice(0, -1).join(", ")} and ${formatNames.at(-1)!}; without --format it is found out.`);
};

const linter = async ({ base, maxLength }: CheckOptions): Promise<(parsed: ParsedDataset) => Problem[]> => {
  if (base === undefined && maxLength === undefined) return () => [];
  if (maxLength !== undefined && maxLength < 1) throw new UserError("BAD_ARGUMENT", `--max-length ${maxLength} leaves no token.`, "Give the longest example in tokens, 512 for instance.");
  // Tokenizers and templates take longer to load than most files to check.
  const [{ openTokenizer }, { findProject, resolveBase }, { lintRecord, problemsOfFile }, { chooseTemplate }] = await Promise.all([import("../project/baseTokenizer"), import("../project/project"), import("../core/text/lint"), import("../core/text/template")]);
  const tokenizer = await openTokenizer(resolveBase(findProject(process.cwd()), base ?? "starter", process.cwd()));
  const basis = { tokenizer, template: chooseTemplate(tokenizer), maxLength: maxLength ?? MAX_LENGTH };
  return (parsed) => problemsOfFile(parsed.records.flatMap((record) => {
    const view = rowTextIn(parsed, record);
    return lintRecord(view.record, view.text, basis).map(view.back);
  }));
};

/** Lines and columns from 1, columns in UTF-16 units; the end column stands after the last unit. */
const asJson = ({ file, parsed, problems, usable, mended, counts, notes, stopped }: Checked): object => ({
  file, format: parsed.format ?? null, formatReason: parsed.formatReason, rows: parsed.rows, usable, mended, ...(stopped !== undefined && { stopped }), ...(counts && { counts }), ...(notes && { notes }),
  problems: problems.map(({ line, span, severity, code, message, fixable, related }) => ({ line: line + 1, column: span.start + 1, endLine: line + 1, endColumn: span.end + 1, severity, code, message, fixable, ...(related && { related: { ...(related.file !== undefined && { file: related.file }), line: related.line + 1 } }) })),
});

/** More of one kind in a file than this are counted, not listed. */
const LISTED = 10;
/** Room for a place where later ones are not known yet. */
const LIVE_WIDTH = 10;

const lineOf = ({ line, span, severity, message, code }: Problem, width: number, paint: Paint): string =>
  `  ${`${line + 1}:${span.start + 1}`.padStart(width)}  ${coloured(severity, paint)}  ${message}  ${paint.dim(code)}`;

/** Prints the first problems of each kind as they are found. */
const liveList = (withSeverity: (problems: readonly Problem[]) => Problem[], paint: Paint): Live => {
  const listed = new Map<string, number>();
  return {
    found(problem) {
      for (const one of withSeverity([problem])) {
        const number = (listed.get(one.code) ?? 0) + 1;
        listed.set(one.code, number);
        if (number <= LISTED) print(lineOf(one, LIVE_WIDTH, paint));
      }
    },
    again() {
      listed.clear();
      print(`  ${paint.dim("Most rows have another format than the first ones: the file is read again, and this is what holds.")}`);
    },
  };
};

const report = (checked: readonly Checked[], paint: Paint, options: CheckOptions): string =>
  [...checked.filter(({ isShown }) => !isShown).map((one) => section(one, paint)), summary(checked, paint, options)].join("\n\n");

const section = ({ file, parsed, problems, usable, mended, counts, notes, stopped, isShown = false }: Checked, paint: Paint): string => {
  const format = parsed.format === undefined ? parsed.formatReason : `${titleOf(parsed.format)}. ${parsed.formatReason} ${usable === parsed.rows ? (usable === 1 ? "It can be trained on." : "All can be trained on.") : `${grouped(usable)} can be trained on.`}`;
  const listed: Problem[] = [];
  const unlisted = new Map<string, { count: number; severity: Severity }>();
  const seen = new Map<string, number>();
  for (const problem of problems) {
    const number = (seen.get(problem.code) ?? 0) + 1;
    seen.set(problem.code, number);
    if (number <= LISTED) listed.push(problem);
    else unlisted.set(problem.code, { count: (unlisted.get(problem.code)?.count ?? 0) + 1, severity: problem.severity });
  }
  for (const { code, severity, count } of counts ?? []) if (count > LISTED) unlisted.set(code, { count: count - LISTED, severity });
  const width = isShown ? LIVE_WIDTH : Math.max(0, ...listed.map(({ line, span }) => `${line + 1}:${span.start + 1}`.length));
  return [
    isShown ? `  ${paint.dim(format)}` : `${paint.underline(file)}  ${paint.dim(format)}`,
    ...(notes ?? []).map((note) => `  ${paint.dim(note)}`),
    ...(mended > 0 ? [`  ${paint.green(`mended ${counted(mended, "problem")}`)}`] : []),
    ...(isShown ? [] : listed.map((problem) => lineOf(problem, width, paint))),
    ...[...unlisted].map(([code, { count, severity }]) => `  ${"…".padStart(width)}  ${coloured(severity, paint)}  and ${grouped(count)} more  ${paint.dim(code)}`),
    ...(stopped === undefined ? [] : [`  ${paint.yellow(`Stopped at ${Math.floor(stopped * 100)}%: this is what ${counted(parsed.rows, "row")} and their comparison so far have shown.`)}`]),
  ].join("\n");
};

const coloured = (severity: Severity, paint: Paint): string =>
  severity === "error" ? paint.red("error  ") : severity === "warning" ? paint.yellow("warning") : paint.blue("info   ");

const summary = (checked: readonly Checked[], paint: Paint, { fix: fixed, columns }: CheckOptions): string => {
  const number = (severity: Severity): number => checked.reduce((sum, { problems, counts }) =>
    sum + (counts ? counts.reduce((each, one) => each + (one.severity === severity ? one.count : 0), 0) : problems.filter((problem) => problem.severity === severity).length), 0);
  const [errors, warnings] = [number("error"), number("warning")];
  const [rows, usable] = [checked.reduce((sum, { parsed }) => sum + parsed.rows, 0), checked.reduce((sum, one) => sum + one.usable, 0)];
  const names = checked.map(({ file }) => /\s/.test(file) ? JSON.stringify(file) : file);
  const fixable = checked.reduce((sum, one) => sum + (one.fixable ?? one.problems.filter((problem) => problem.fixable).length), 0);
  const verdict = errors + warnings === 0 ? paint.green("No problems.") : (errors > 0 ? paint.red : paint.yellow)(`${counted(errors + warnings, "problem")} (${counted(errors, "error")}, ${counted(warnings, "warning")}).`);
  const ready = rows > 0 ? ` ${grouped(usable)} of ${counted(rows, "row")} can be trained on${usable > 0 && usable < rows ? "; rows with errors are left out" : ""}.` : "";
  const next = fixable > 0 && !fixed ? `${fixable === 1 ? "One can" : `${grouped(fixable)} can`} be mended: tunesmith check ${names.join(" ")} --fix`
    : usable > 0 ? `Next: tunesmith train --data ${names[checked.findIndex((one) => one.usable > 0)]}${columns === undefined ? "" : ` --columns ${/^[\w=,.-]+$/.test(columns) ? columns : JSON.stringify(columns)}`}`
    : "Nothing to train on yet: mend the problems above, in an editor or by the script that wrote the file.";
  return `${paint.bold(verdict)}${ready}\n${next}`;
};
