/** The messages between the extension and the page of a dataset's report, each with the guard that checks it on arrival. */
import { type Figure } from "../core/figure/figure";
import { either, flag, type Guard, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

const tone = either(oneOf("main", "second", "over", "muted", "error", "warning", "information"), number);
const part = { key: text, label: text, count: number, detail: text, tone };
const common = { id: text, title: text, caption: text, unit: text };
const isFigure: Guard<Figure> = (value): value is Figure => figureShape(value);
const figureShape = either(
  shape({ ...common, kind: oneOf("histogram"), scale: text, bars: list(shape({ ...part, from: number, to: number, over: number })) }),
  shape({ ...common, kind: oneOf("bars", "stack"), parts: list(shape(part)) }),
  shape({ ...common, kind: oneOf("sunburst"), centre: text, rings: list(shape({ ...part, parts: list(shape(part)) })) }),
);

/** A figure, and the keys of its parts that rows stand behind. */
const shown = shape({ figure: isFigure, open: list(text) });
export type ShownFigure = Guarded<typeof shown>;

const head = shape({ uri: text, file: text, base: text, /** why this base, or why none */ why: text, maxLength: nullable(number), place: oneOf("table", "text"), /** whether rows can be shown in a table at all */ table: flag });
export type ReportHead = Guarded<typeof head>;

/** From the extension to the page. */
export const isReportUpdate = either(
  shape({ type: oneOf("head"), head }),
  shape({ type: oneOf("working"), done: number }),
  shape({ type: oneOf("report"), format: text, formatReason: text, rows: number, usable: number, conversations: number, bytes: number, unsaved: flag, figures: list(shown) }),
  /** What keeps it from being made. */
  shape({ type: oneOf("failed"), message: text, cancelled: flag }),
  /** The rows are others than those that were counted. */
  shape({ type: oneOf("stale"), why: text }),
  /** The outcome of what was asked, to be read out. */
  shape({ type: oneOf("told"), message: text }),
);
export type ReportUpdate = Guarded<typeof isReportUpdate>;
export type ReportView = Extract<ReportUpdate, { type: "report" }>;

/** From the page to the extension. */
export const isReportRequest = either(
  shape({ type: oneOf("ready", "refresh", "cancel", "chooseBase", "saveAll", "check") }),
  shape({ type: oneOf("rows"), figure: text, part: text }),
  shape({ type: oneOf("place"), place: oneOf("table", "text") }),
  shape({ type: oneOf("save"), figure: text, as: oneOf("svg", "csv") }),
  /** A picture that the page has painted, as base64. */
  shape({ type: oneOf("picture"), figure: text, png: text }),
);
export type ReportRequest = Guarded<typeof isReportRequest>;

/** What the page keeps over a reload of the window. */
export const isReportState = shape({ uri: text, tables: list(text) });
export type ReportState = Guarded<typeof isReportState>;
