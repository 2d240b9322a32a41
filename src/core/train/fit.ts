/** Whether a training step fits into the machine's memory, told from its graph before anything is computed, and which settings would make it fit. */
import { UserError } from "../errors";
import { peakBytes } from "../graph/memory";
import { type StoredTensor } from "../graph/ops";
import { type Base } from "../model/base";
import { type Machine } from "../runtime";
import { lossAndGradient, type StepShape, type Trainable } from "./graphs";
import { type RunConfig } from "./runConfig";

export interface FitQuestion {
  readonly base: Base;
  readonly config: RunConfig;
  /** What is trained, with or without gradient checkpointing. */
  readonly trainableFor: (settings: { readonly recompute: boolean }) => Trainable;
}

/** Measured on models of 1 to 135 million parameters, 128 to 2,048 positions: what the runtime holds beside a graph's values. */
const BESIDE_VALUES = 1.06, BESIDE_GRAPH = 110 * 2 ** 20;

const storedBytes = ({ bytes, blocks, int8 }: StoredTensor): number =>
  bytes + (blocks ? blocks.scales.bytes + blocks.zeroPoints.bytes : 0) + (int8 ? int8.scales.bytes + int8.transposed.bytes + int8.transposedScales.bytes : 0);
const weightBytes = ({ weights }: Base): number => [...weights.values()].reduce((total, tensor) => total + storedBytes(tensor), 0);
const valueBytes = (base: Base, trainable: Trainable, shape: StepShape): number => BESIDE_VALUES * peakBytes(lossAndGradient(trainable, base.config, shape)) + BESIDE_GRAPH;

/** The shape with the most positions. */
export const largestShape = (shapes: readonly StepShape[]): StepShape => shapes.reduce((a, b) => (b.B * b.T > a.B * a.T ? b : a));

/** Throws OUT_OF_MEMORY where a step clearly does not fit, with changes that would. Computes nothing. */
export function refuseTooLarge({ base, config, trainableFor }: FitQuestion, shapes: readonly StepShape[], machine: Machine): void {
  const shape = largestShape(shapes), free = machine.freeBytes(), weights = weightBytes(base);
  const needed = weights + valueBytes(base, trainableFor({ recompute: config.gradient_checkpointing }), shape);
  if (needed <= free) return;
  const changes = changesThatFit(base, config, trainableFor, shape, free - weights).map(({ settings, bytes }) => `${settings} (about ${gigabytes(weights + bytes)})`);
  const fewerBits = weights > free / 2 && !config.load_in_8bit && !config.load_in_4bit ? ["load_in_4bit to true"] : [];
  throw new UserError("OUT_OF_MEMORY", `A step of ${shape.B} rows of ${shape.T.toLocaleString("en")} tokens needs about ${gigabytes(needed)} of memory; ${gigabytes(free)} are free.`,
    changes.length + fewerBits.length > 0 ? `Set ${[...changes, ...fewerBits].slice(0, 2).join(", or ")}.` : "Close other programs, or choose a smaller base or a lower max_length.");
}

interface Change { readonly settings: string; readonly bytes: number }

/** The least change first: the same result in more time, then fewer rows at once with the same number a step, then shorter texts. */
function changesThatFit(base: Base, config: RunConfig, trainableFor: FitQuestion["trainableFor"], shape: StepShape, room: number): Change[] {
  const found: Change[] = [], { batch_size: rows, gradient_accumulation_steps: n } = config;
  /** With a share of the step's rows at once, or with one row of so many tokens. */
  const attempt = (settings: string, recompute: boolean, share: number, T?: number): boolean => {
    const B = T === undefined ? Math.max(1, Math.floor(shape.B * share)) : 1, length = T ?? Math.ceil((shape.T * shape.B * share) / B), scale = (B * length) / (shape.B * shape.T);
    const bytes = valueBytes(base, trainableFor({ recompute }), { ...shape, B, T: length, K: Math.max(1, Math.ceil(shape.K * scale)) });
    if (bytes > room) return false;
    found.push({ settings, bytes });
    return true;
  };
  const checkpointing = config.gradient_checkpointing ? "" : "gradient_checkpointing to true";
  if (checkpointing) attempt(checkpointing, true, 1);
  const fewer = (recompute: boolean, also: string): boolean => {
    for (let parts = 2; rows % parts === 0; parts *= 2) if (attempt(`${also}batch_size to ${rows / parts} and gradient_accumulation_steps to ${n * parts}`, recompute, 1 / parts)) return true;
    return false;
  };
  if (!fewer(config.gradient_checkpointing, "") && found.length === 0 && checkpointing) fewer(true, `${checkpointing}, `);
  if (found.length === 0) for (let T = Math.floor(Math.min(shape.T, config.max_length) / 2); T >= 64; T = Math.floor(T / 2)) if (attempt(`${checkpointing && `${checkpointing}, `}batch_size to 1 and max_length to ${T}`, true, 1, T)) break;
  return found;
}

/** "1.2 GB", "560 MB" */
export const gigabytes = (bytes: number): string => (bytes < 0.95e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
