/** A training run as one live line on a terminal, or as plain lines elsewhere. Knows events, not where they come from. */
import { describePreflight } from "../core/train/preflight";
import { describePrecision, type ResumeChoice, type RunEvent } from "../core/train/events";

export interface Progress {
  onEvent(event: RunEvent): void;
  /** A message that must not be lost under the live line. */
  note(text: string): void;
  close(): void;
}

export interface ProgressStream { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }

const BARS = "▁▂▃▄▅▆▇█";

/** The last values of a curve in `width` characters; a flat one lies at the bottom. */
export const sparkline = (values: readonly number[], width: number): string => {
  if (values.length === 0 || width < 1) return "";
  // Each character is the mean of its share of the whole curve, so that the fall stays in sight.
  const count = Math.min(width, values.length);
  const means = Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    return part.reduce((total, value) => total + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  return means.map((value) => BARS[range > 0 ? Math.round(((value - low) / range) * (BARS.length - 1)) : 0]).join("");
};

/** 65 → "1:05", 3725 → "1:02:05". */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes}:${String(rest).padStart(2, "0")}`;
};

const rate = (tokens: number): string => (tokens >= 10_000 ? `${(tokens / 1000).toFixed(0)}k` : tokens >= 1000 ? `${(tokens / 1000).toFixed(1)}k` : tokens.toFixed(0));

interface Curve { steps: number; step: number; losses: number[]; recent: { seconds: number; tokens: number }[]; evalLoss: number | undefined }

/** The figures of a curve: tokens a second and the time left come from the last steps, not from the slow first ones. */
const figures = (curve: Curve): { speed: number; left: number } => {
  const [first, last] = [curve.recent[0], curve.recent.at(-1)];
  if (!first || !last || last.seconds <= first.seconds) return { speed: 0, left: NaN };
  const seconds = last.seconds - first.seconds;
  const tokens = curve.recent.slice(1).reduce((total, each) => total + each.tokens, 0);
  return { speed: tokens / seconds, left: (seconds / (curve.recent.length - 1)) * (curve.steps - curve.step) };
};

const liveLine = (curve: Curve, width: number): string => {
  const { speed, left } = figures(curve);
  const share = curve.steps > 0 ? Math.min(1, curve.step / curve.steps) : 0;
  const loss = curve.losses.at(-1);
  const right = [
    `step ${curve.step}/${curve.steps}`,
    loss === undefined ? "" : `loss ${loss.toFixed(3)}`,
    sparkline(curve.losses, 20),
    curve.evalLoss === undefined ? "" : `eval ${curve.evalLoss.toFixed(3)}`,
    speed > 0 ? `${rate(speed)} tok/s` : "",
    Number.isFinite(left) ? `ETA ${clock(left)}` : "",
  ].filter(Boolean).join("  ");
  const room = Math.max(8, Math.min(30, width - right.length - 8));
  const full = Math.round(share * room);
  return `${"█".repeat(full)}${"░".repeat(room - full)} ${String(Math.round(share * 100)).padStart(3)}%  ${right}`.slice(0, width - 1);
};

const plainLine = (curve: Curve): string => {
  const { speed, left } = figures(curve);
  const loss = curve.losses.at(-1);
  return `step ${curve.step}/${curve.steps}${loss === undefined ? "" : `  loss ${loss.toFixed(4)}`}${curve.evalLoss === undefined ? "" : `  eval ${curve.evalLoss.toFixed(4)}`}${speed > 0 ? `  ${rate(speed)} tok/s` : ""}${Number.isFinite(left) ? `  ETA ${clock(left)}` : ""}`;
};

const startText = (event: RunEvent & { event: "start" }): string =>
  `run ${event.run}: ${event.base} on ${event.data}: ${event.examples} rows to train on, ${event.evalExamples} held out, ${event.steps} steps, ${event.trainableParameters.toLocaleString("en")} trainable parameters, on ${event.device}${event.sharedPrefix === undefined ? "" : `, the ${event.sharedPrefix.tokens} tokens that all rows begin with once for several rows (about ${event.sharedPrefix.savedPerStep} fewer a step)`}${event.resumedFrom === undefined ? "" : `, resumed from step ${event.resumedFrom}`}${choiceText(event.choice ?? {})}`;

const choiceText = ({ accepted, skipped, rolledBack, settings }: ResumeChoice): string => [
  rolledBack ? ", rolled back (later checkpoints are kept aside)" : "", accepted === undefined ? "" : `, step ${accepted} is made as it is`,
  skipped === undefined ? "" : `, step ${skipped} is left out`, ...Object.entries(settings ?? {}).map(([key, value]) => `, ${key} ${String(value)}`),
].join("");

const REDRAW_MS = 80;
const LINE_MS = 10_000;

export const createProgress = (stream: ProgressStream, now: () => number = () => Date.now()): Progress => {
  const live = stream.isTTY === true;
  const curve: Curve = { steps: 0, step: 0, losses: [], recent: [], evalLoss: undefined };
  let drawn = false;
  let last = -Infinity;
  const clear = (): void => { if (drawn) stream.write("\r\x1b[2K"); drawn = false; };
  const note = (text: string): void => { clear(); stream.write(`${text}\n`); };
  const draw = (must: boolean): void => {
    if (!must && now() - last < REDRAW_MS) return;
    last = now();
    stream.write(`\r\x1b[2K${liveLine(curve, stream.columns ?? 80)}`);
    drawn = true;
  };
  /** Elsewhere a line for each tenth of the run, or when ten seconds have passed. */
  const tell = (): void => {
    const tenth = Math.max(1, Math.ceil(curve.steps / 10));
    if (curve.step !== curve.steps && curve.step % tenth !== 0 && now() - last < LINE_MS) return;
    last = now();
    note(plainLine(curve));
  };
  return {
    note,
    onEvent(event) {
      switch (event.event) {
        case "start":
          note(startText(event));
          curve.losses.length = event.resumedFrom ?? 0 ? Math.min(curve.losses.length, event.resumedFrom!) : 0;
          Object.assign(curve, { steps: event.steps, step: event.resumedFrom ?? 0, recent: [] });
          last = now();
          break;
        case "step":
          curve.step = event.step;
          curve.losses.push(event.loss);
          curve.recent.push({ seconds: event.seconds, tokens: event.tokens });
          if (curve.recent.length > 30) curve.recent.shift();
          if (live) draw(event.step === curve.steps); else tell();
          break;
        case "skip":
          curve.step = event.step;
          note(`step ${event.step}/${curve.steps}  left out (lines ${event.rows.join(", ")})`);
          break;
        case "eval":
          curve.evalLoss = event.loss;
          if (live) draw(true); else note(`step ${event.step}/${curve.steps}  evaluation loss ${event.loss.toFixed(4)}`);
          break;
        case "note":
          note(event.message);
          break;
        case "preflight":
          note(describePreflight(event));
          break;
        case "device":
          note(event.why);
          break;
        case "precision":
          note(describePrecision(event));
          break;
        case "warning":
          note(`warning: ${event.message}`);
          break;
        case "end":
          if (drawn) { draw(true); stream.write("\n"); drawn = false; }
          break;
        default:
      }
    },
    close: () => { if (drawn) stream.write("\n"); drawn = false; },
  };
};
