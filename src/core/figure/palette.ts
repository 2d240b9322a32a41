/** Owns the colours of figures by what they mean: a page fills in its theme's, a saved picture these. */
import { type Tone } from "./figure";

export interface Palette {
  /** Behind everything; undefined: nothing. */
  readonly background: string | undefined;
  readonly text: string; readonly muted: string; readonly grid: string;
  readonly main: string; readonly second: string; readonly over: string;
  readonly error: string; readonly warning: string; readonly information: string;
  readonly series: readonly string[];
  readonly font: string;
}

/** Black on white, for papers and slides; tones that are told apart by most who see colours otherwise (after Okabe and Ito). */
export const printPalette: Palette = {
  background: "#ffffff", text: "#1f1f1f", muted: "#5f5f5f", grid: "#d9d9d9", main: "#0072b2", second: "#56b4e9", over: "#d55e00", error: "#c0392b", warning: "#b26a00", information: "#0072b2",
  series: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#8a5fbf", "#6b6b6b"], font: "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif",
};

export const colourOf = (tone: Tone, palette: Palette): string => typeof tone === "number" ? palette.series[tone % palette.series.length]! : palette[tone];
