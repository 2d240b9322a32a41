/** The messages between the extension and the page of a Parquet file, each with the guard that checks it on arrival. */
import { either, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

/** From the extension to the view. */
export const isColumnsUpdate = either(
  shape({
    type: oneOf("file"), file: text, rows: number, /** the format that the rows would be read as, or none */ format: nullable(text), reason: text,
    columns: list(shape({ name: text, title: text })), /** a text for each column, or none */ first: list(list(nullable(text))), part: nullable(shape({ number, of: number })),
  }),
  shape({ type: oneOf("failed"), file: text, what: text, next: text }),
);
export type ColumnsUpdate = Guarded<typeof isColumnsUpdate>;

/** From the view to the extension. */
export const isColumnsRequest = shape({ type: oneOf("ready", "import", "check", "again") });
export type ColumnsRequest = Guarded<typeof isColumnsRequest>;

/** The view keeps nothing over a reload of the window: it asks again. */
export const isColumnsState = shape({ type: oneOf("none") });
export type ColumnsState = Guarded<typeof isColumnsState>;
