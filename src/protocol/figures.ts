/** How a run's figures are written for people, the same in the tree and in the views. */

/** Losses to three decimals, which is what one compares. */
export const formatLoss = (loss: number | null | undefined): string => loss === null || loss === undefined || !Number.isFinite(loss) ? "–" : loss.toFixed(3);

/** 0.003 and 2.5e-7 alike readable. */
export const formatRate = (rate: number | null | undefined): string => {
  if (rate === null || rate === undefined) return "–";
  if (rate === 0) return "0";
  return rate >= 1e-3 && rate < 1000 ? String(Number(rate.toPrecision(3))) : Number(rate.toPrecision(3)).toExponential().replace("e+", "e");
};

/** Seconds as "8 s", "3 min 05 s", "2 h 14 min". */
export const formatDuration = (seconds: number | null | undefined): string => {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
};

/** 12,345 with the language's own separators; at most one decimal below 100. */
export const formatCount = (count: number | null | undefined): string =>
  count === null || count === undefined || !Number.isFinite(count) ? "–" : count.toLocaleString("en", { maximumFractionDigits: Math.abs(count) < 100 ? 1 : 0 });
