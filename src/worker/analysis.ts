/** The process that compares rows over whole files and brings Parquet files in, so that neither the editor's memory nor its time are spent on them; ends when its parent does. */
import { basename } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { IPCMessageReader, IPCMessageWriter, createMessageConnection, type CancellationToken } from "vscode-jsonrpc/node";
import { compareRows, type Pace } from "../core/data/content/compareRows";
import { contentOfAll } from "../core/data/content/contentProblems";
import { FileReport } from "../core/data/content/fileReport";
import { rowsOfParsed } from "../core/data/content/fileRows";
import { type Mapping } from "../core/data/formats/mapping";
import { parseDataset, type ParseOptions } from "../core/data/parse";
import { rowsToHoldOut } from "../core/data/reshape/holdOut";
import { reportOn } from "../core/data/report/collect";
import { type DatasetReport } from "../core/data/report/datasetReport";
import { UserError } from "../core/errors";
import { chooseTemplate } from "../core/text/template";
import { openRows, type OpenRows } from "../node/datasetRows";
import { importParquet, shardsOf } from "../node/parquet/importRows";
import { datasetOptions, readDatasetFile } from "../node/readDataset";
import { openTokenizer } from "../project/baseTokenizer";
import { leaksBetween } from "../project/leaks";
import { buildMixture } from "../project/mixtures";
import { columnsRequest, compareRequest, holdOutRequest, importRequest, leaksRequest, mixRequest, reportRequest, shareDone, type CompareParams, type CompareResult, type ReportParams } from "../protocol/analysis";
import { toResponseError } from "../protocol/worker";
import { firstRows } from "./firstRows";

const rpc = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const leave = (): never => process.exit(0);
process.once("disconnect", leave);

/** Lets messages in between turns, and tells of progress a few times a second. */
const paceOf = (token: CancellationToken, progress: string): Pace => {
  let told = 0;
  return {
    async turn(done) {
      await nextTurn();
      if (token.isCancellationRequested) throw new UserError("CANCELLED", "The comparison was cancelled.", "Start it again when you like.");
      if (Date.now() - told < 200) return;
      told = Date.now();
      rpc.sendProgress(shareDone, progress, done).catch(leave);
    },
  };
};

/** A run config's columns go before those that stand beside the file. */
const optionsOf = async (path: string, mapping: Mapping | undefined): Promise<ParseOptions> => mapping ? { file: basename(path), mapping } : datasetOptions(path, path);

const open = async ({ path, text, rows, mapping }: Pick<ReportParams, "path" | "text" | "rows" | "mapping">): Promise<OpenRows> =>
  text === undefined ? openRows(rows ?? path, path, await optionsOf(path, mapping)) : { ...rowsOfParsed(parseDataset(text, await optionsOf(path, mapping))), bytes: text.length, inBlocks: false, misjudged: () => false, mendable: false, close: async () => {} };

const compare = async (params: CompareParams, pace: Pace): Promise<CompareResult> => {
  const report = new FileReport(params.most);
  const rows = await open(params);
  try {
    const other = params.against && await openRows(params.against.path, params.against.shown, params.against.mapping && { mapping: params.against.mapping });
    try {
      await compareRows(rows, pace, {
        tell: (problem) => report.add([problem]),
        ...(params.everything && { onBlock: (block) => report.block(block, contentOfAll) }),
        ...(other && { against: { rows: other, file: params.against!.shown, role: params.against!.role } }),
      });
    } finally {
      await other?.close();
    }
  } finally {
    await rows.close();
  }
  const { rows: count, usable, format, formatReason, problems, counts } = report;
  return { rows: count, usable, format, formatReason, problems: [...problems].sort((a, b) => a.line - b.line || a.span.start - b.span.start), counts };
};

const report = async ({ basis: asked, ...file }: ReportParams, pace: Pace): Promise<DatasetReport> => {
  const tokenizer = asked && await openTokenizer(asked.base);
  const basis = asked && tokenizer && { tokenizer, template: chooseTemplate(tokenizer, asked.template, asked.completionOnlyLoss), maxLength: asked.maxLength };
  const rows = await open(file);
  try {
    return await reportOn(rows, rows.bytes, basis, pace);
  } finally {
    await rows.close();
  }
};

const settle = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    throw toResponseError(error);
  }
};

rpc.onRequest(compareRequest, (params, token) => settle(() => compare(params, paceOf(token, params.progress))));
rpc.onRequest(reportRequest, (params, token) => settle(() => report(params, paceOf(token, params.progress))));
rpc.onRequest(leaksRequest, (params, token) => settle(() => leaksBetween(params.train, params.eval, paceOf(token, params.progress), params.columns)));
rpc.onRequest(holdOutRequest, ({ path, text, mapping, progress, ...what }, token) => settle(async () => {
  const pace = paceOf(token, progress);
  const read = text ?? (await readDatasetFile(path)).text;
  return { rows: await rowsToHoldOut(parseDataset(read, await optionsOf(path, mapping)), what, (done) => pace.turn(done)) };
}));
rpc.onRequest(mixRequest, ({ path, progress }, token) => settle(() => {
  const pace = paceOf(token, progress);
  return buildMixture(path, (done) => pace.turn(done));
}));
rpc.onRequest(importRequest, ({ path, shards, to, force, progress }, token) => settle(async () => {
  const pace = paceOf(token, progress);
  const { losses, ...result } = await importParquet(shards ? await shardsOf(path) : [path], to, { force, turn: (done) => pace.turn(done) });
  return { ...result, losses: losses.map(({ what }) => what) };
}));
rpc.onRequest(columnsRequest, ({ path }) => settle(() => firstRows(path)));
rpc.listen();
