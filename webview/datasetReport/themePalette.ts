/** The theme's colours for figures: variables, so that a change of theme needs no new drawing. */
import { type Palette } from "../../src/core/figure/palette";

const theme = (name: string, otherwise = "foreground"): string => `var(--vscode-${name}, var(--vscode-${otherwise}))`;

export const themePalette: Palette = {
  background: undefined, text: theme("foreground"), muted: theme("descriptionForeground"), grid: theme("charts-lines"), main: theme("charts-blue"), second: theme("charts-green"), over: theme("charts-orange"),
  error: theme("editorError-foreground", "charts-red"), warning: theme("editorWarning-foreground", "charts-yellow"), information: theme("editorInfo-foreground", "charts-blue"),
  series: ["charts-blue", "charts-orange", "charts-green", "charts-purple", "charts-yellow", "charts-red"].map((name) => theme(name)), font: "var(--vscode-font-family, sans-serif)",
};
