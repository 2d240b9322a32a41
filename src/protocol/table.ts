/** The messages between the extension and the table, each with the guard that checks it on arrival. Rows of the view are counted from 0 in its order; `row` is a row's own number, which it keeps. */
import { either, flag, type Guard, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

const step: Guard<string | number> = either(text, number);
const path = list(step);
const kind = oneOf("string", "number", "boolean", "null", "array", "object");

const sortBy = oneOf("file", "length", "problems", "roles", "turns", "text", "textLength");
/** `column` counts for text and textLength. */
const view = shape({ filter: text, sortBy, column: text, descending: flag });
export type TableView = Guarded<typeof view>;
export const fileOrder: TableView = { filter: "", sortBy: "file", column: "", descending: false };

/** Work that takes a while: `part` of 0 to 1. */
const working = shape({ what: text, part: number, cancellable: flag });
export type TableWork = Guarded<typeof working>;

const state = shape({
  type: oneOf("state"),
  /** Goes up whenever the order of the view may be another: what was asked for under an older one is no longer right. */
  version: number,
  /** Goes up when the file was opened anew: rows have other numbers then. */
  generation: number,
  /** Rows of the view; rows of the table in all. */
  count: number, total: number,
  /** Null once every row is known. */
  indexing: nullable(number),
  working: nullable(working),
  columns: list(text), format: text, bytes: number, view,
  /** Where the filter has a slip. */
  fault: nullable(text),
});
export type TableState = Guarded<typeof state>;

const problem = shape({ code: text, severity: oneOf("error", "warning", "information"), message: text });
const row = shape({
  row: number, /** As in the text editor, from 1. */ line: number, bytes: number, cells: list(text), /** Why it is broken. */ fault: nullable(text),
  blank: flag, edited: flag, /** The file on disk has it not: `line` is that of the row before it. */ added: flag, problems: list(problem),
});
export type TableRow = Guarded<typeof row>;

const leaf = shape({ path, label: text, text, kind });
/** Everything of one row, for its panel. A broken row has its whole text and no leaves. */
const detail = shape({ type: oneOf("detail"), generation: number, row: number, line: number, leaves: list(leaf), fault: nullable(text), raw: text, problems: list(problem) });
export type TableDetail = Guarded<typeof detail>;
export type TableLeaf = Guarded<typeof leaf>;

/** What is done with chosen rows; `actions` asks what. */
const action = oneOf("delete", "copyTo", "moveTo", "copy", "split", "merge", "roles", "evaluate", "actions");
export type TableAction = Guarded<typeof action>;

/** From the extension to the table. */
export const isTableUpdate = either(
  state,
  shape({ type: oneOf("rows"), version: number, from: number, rows: list(row) }),
  /** A cell for editing; null where the row has no such key. */
  shape({ type: oneOf("cell"), row: number, column: text, cell: nullable(shape({ text, kind })) }),
  detail,
  /** Answer to an edit: refused with words, or done. */
  shape({ type: oneOf("edited"), row: number, refused: nullable(text) }),
  /** A command of VS Code that is about the selected rows: the page answers with the request of that name. */
  shape({ type: oneOf("act"), action }),
  /** Said once, to eyes and screen readers. */
  shape({ type: oneOf("told"), message: text }),
);
export type TableUpdate = Guarded<typeof isTableUpdate>;

/** Half-open ranges of rows of the view. */
const ranges = list(shape({ from: number, to: number }));
export type TableRange = Guarded<typeof ranges>[number];

/** From the table to the extension. */
export const isTableRequest = either(
  shape({ type: oneOf("ready", "cancel", "removeDuplicates") }),
  shape({ type: oneOf("rows"), version: number, from: number, to: number }),
  shape({ type: oneOf("view"), view }),
  shape({ type: oneOf("cell"), generation: number, row: number, column: text }),
  shape({ type: oneOf("detail"), generation: number, row: number }),
  shape({ type: oneOf("edit"), generation: number, row: number, path, text }),
  shape({ type: oneOf("editLine"), generation: number, row: number, text }),
  shape({ type: oneOf("openText"), generation: number, row: number }),
  shape({ type: action, version: number, ranges }),
);
export type TableRequest = Guarded<typeof isTableRequest>;

/** What the table keeps over a reload of the window. */
export const isTablePageState = shape({ view, first: number, active: number, column: number });
export type TablePageState = Guarded<typeof isTablePageState>;
