/** The text of bench/RESULTS.md: sections that the bench writes between markers, tables, and targets beside what was measured. Pure. */

/** A target of a ratio; reached at its very value. */
export interface Target { readonly atLeast?: number; readonly atMost?: number }

const marker = (name: string): { open: string; close: string } => ({ open: `<!-- bench:${name} -->`, close: `<!-- /bench:${name} -->` });

/** Puts `body` in the place of what lies between the markers of the section; everything else stays as it is. Throws where the file has no such section. */
export function replaceSection(markdown: string, name: string, body: string): string {
  const { open, close } = marker(name), from = markdown.indexOf(open), to = markdown.indexOf(close, from);
  if (from < 0 || to < 0) throw new Error(`RESULTS.md has no section ${open} … ${close}`);
  return `${markdown.slice(0, from + open.length)}\n${body.trim()}\n${markdown.slice(to)}`;
}

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");

/** "at least 1.9: missed" */
export function verdict(value: number, { atLeast, atMost }: Target): string {
  const reached = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
  return `${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`}: ${reached ? "reached" : "**missed**"}`;
}

/** The middle one, or the lower of the two in the middle. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;

/** "1.12 (1.03 to 1.32)", or one figure where there was one round. */
export const range = (values: readonly number[], digits = 2): string =>
  values.length === 1 ? values[0]!.toFixed(digits) : `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;

/** The exponent p of the curve y = c · x^p that fits best on logarithmic axes (least squares). */
export function growthExponent(points: readonly { readonly x: number; readonly y: number }[]): number {
  const logs = points.map(({ x, y }) => [Math.log(x), Math.log(y)] as const), mean = (at: 0 | 1): number => logs.reduce((total, log) => total + log[at], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  return logs.reduce((total, [x, y]) => total + (x - mx) * (y - my), 0) / logs.reduce((total, [x]) => total + (x - mx) ** 2, 0);
}
