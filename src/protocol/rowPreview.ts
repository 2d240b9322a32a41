/** The messages between the extension and the row preview, each with the guard that checks it on arrival. */
import { either, flag, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

const segment = shape({ role: oneOf("system", "user", "assistant", "tool", "template"), text, trained: flag, /** number of its message in the record */ message: nullable(number) });

/** What the model sees of the row; offsets are UTF-16 units of the segments' text. */
const view = shape({
  tokens: number, kept: number, trained: number, template: oneOf("chat", "alpaca"), segments: list(segment),
  encoded: shape({ ids: list(number), starts: list(number), names: list(text), /** indexes of tokens */ trained: list(number), special: list(number) }),
});
export type PreviewedRow = Guarded<typeof view>;

const problem = shape({ severity: oneOf("error", "warning", "information"), code: text, message: text });
export type PreviewedProblem = Guarded<typeof problem>;

/** From the extension to the view. */
export const isRowPreviewUpdate = either(
  shape({
    type: oneOf("row"), /** the file, for coming back after a reload */ uri: text, file: text, /** number of the line that it begins on, from 1 */ line: number, /** where in that line it begins, from 0 */ column: number, /** number of the row, from 1, and of all */ row: number, rows: number,
    base: text, /** why this base, or why none */ why: text, maxLength: nullable(number), turns: number, /** in this row; the first is shown */ conversations: number,
    view: nullable(view), problems: list(problem), /** what keeps the row from being shown, where it is not the row itself */ failure: nullable(text),
  }),
  shape({ type: oneOf("empty"), reason: oneOf("noDataset", "blank") }),
  /** The outcome of what was asked, to be read out. */
  shape({ type: oneOf("told"), message: text }),
);
export type RowPreviewUpdate = Guarded<typeof isRowPreviewUpdate>;
export type RowUpdate = Extract<RowPreviewUpdate, { type: "row" }>;

/** From the view to the extension. */
export const isRowPreviewRequest = either(
  shape({ type: oneOf("ready", "previous", "next", "chooseBase", "openStarter") }),
  /** What is selected in the text, or the turn that has the focus; `toggle` switches its training. */
  shape({ type: oneOf("select", "toggle"), from: number, to: number }),
  /** Puts the editor's cursor where this character was written. */
  shape({ type: oneOf("reveal"), message: number }),
);
export type RowPreviewRequest = Guarded<typeof isRowPreviewRequest>;

/** What the view keeps over a reload of the window. */
export const isRowPreviewState = shape({ uri: text, line: number, column: number, tokensShown: flag });
export type RowPreviewState = Guarded<typeof isRowPreviewState>;
