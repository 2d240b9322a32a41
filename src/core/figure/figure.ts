/** What a figure is before it is drawn: its parts in words and numbers, the same for a page, a saved picture, a table and a screen reader. */

/** How a part looks: a colour of the palette by what it means, or by its number. */
export type Tone = "main" | "second" | "over" | "muted" | "error" | "warning" | "information" | number;

export interface Part {
  /** Unique in its figure. */
  readonly key: string;
  readonly label: string;
  readonly count: number;
  /** All of it in a sentence, for tooltips and screen readers. */
  readonly detail: string;
  readonly tone: Tone;
}

/** `over` of its `count` are beyond the figure's limit. */
export interface Bar extends Part { readonly from: number; readonly to: number; readonly over: number }
export interface Ring extends Part { readonly parts: readonly Part[] }

interface Common {
  /** Also the name of its files: letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in a sentence or two. */
  readonly caption: string;
  /** What `count` counts: "conversations". */
  readonly unit: string;
}

export type Figure =
  /** Bars over a scale, with a line at the limit. */
  | Common & { readonly kind: "histogram"; readonly scale: string; readonly bars: readonly Bar[]; readonly limit: number | undefined }
  /** One bar for each part, below each other. */
  | Common & { readonly kind: "bars"; readonly parts: readonly Part[]; /** What a full bar would be; else the longest is. */ readonly whole?: number }
  /** One bar that all parts share. */
  | Common & { readonly kind: "stack"; readonly parts: readonly Part[] }
  | Common & { readonly kind: "sunburst"; readonly centre: string; readonly rings: readonly Ring[] };

/** Every part, in the order in which it is reached by keys. */
export const partsOf = (figure: Figure): readonly Part[] =>
  figure.kind === "histogram" ? figure.bars : figure.kind === "sunburst" ? figure.rings.flatMap((ring) => [ring, ...ring.parts]) : figure.parts;
