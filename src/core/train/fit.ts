/** Whether a training step fits into the machine's memory, told from its graph before anything is computed, and which settings would make it fit. */
import { UserError } from "../errors";
import { peakBytes } from "../graph/memory";
import { product, type StoredTensor } from "../graph/ops";
import { type Base } from "../model/base";
import { type Device } from "../runtime";
import { lossAndGradient, type StepShape, type Trainable } from "./graphs";
import { type RunConfig } from "./runConfig";

export interface FitQuestion {
  readonly base: Base;
  readonly config: RunConfig;
  /** What is trained, with or without gradient checkpointing. */
  readonly trainableFor: (settings: { readonly recompute: boolean }) => Trainable;
}

/** Measured on models of 1 to 135 million parameters, 128 to 2,048 positions: what the runtime holds beside a graph's values. */
export const BESIDE_VALUES = 1.06;
const BESIDE_GRAPH = 110 * 2 ** 20;

/** Where a step is to fit: the machine's memory, or a graphics device's. */
export interface Room { freeBytes(): number; readonly device?: { readonly name: string; readonly traits: Pick<Device, "float16"> } }
/** What a driver and its kernels take of the device's memory: 300 to 500 MB on an H100. */
const BESIDE_DEVICE = 300 * 2 ** 20;
/** Parameters, both moments and the gradient stay on a device between steps. */
const STATE_VECTORS = 4;

const storedBytes = ({ bytes, blocks, int8 }: StoredTensor): number =>
  bytes + (blocks ? blocks.scales.bytes + blocks.zeroPoints.bytes : 0) + (int8 ? int8.scales.bytes + int8.transposed.bytes + int8.transposedScales.bytes : 0);
/** As they lie in the file, or as a device holds them: 16 bits where it computes with them, else 32. */
function weightBytes({ weights }: Base, { device }: Room): number {
  const held = (tensor: StoredTensor): number => (device && tensor.int8 ? tensor.bytes + tensor.int8.scales.bytes : device && !tensor.blocks && /16$/.test(tensor.dtype) ? (device.traits.float16 ? 2 : 4) * product(tensor.dims) : storedBytes(tensor));
  return [...weights.values()].reduce((total, tensor) => total + held(tensor), 0);
}
function valueBytes(base: Base, trainable: Trainable, shape: StepShape, { device }: Room): number {
  const values = BESIDE_VALUES * peakBytes(lossAndGradient(trainable, base.config, shape));
  return values + (device ? BESIDE_DEVICE + STATE_VECTORS * 4 * trainable.layout.length : BESIDE_GRAPH);
}

/** Of the largest step, weights included. */
export const neededBytes = ({ base, config, trainableFor }: FitQuestion, shapes: readonly StepShape[], room: Room): number =>
  weightBytes(base, room) + valueBytes(base, trainableFor({ recompute: config.gradient_checkpointing }), largestShape(shapes), room);

/** The shape with the most positions. */
export const largestShape = (shapes: readonly StepShape[]): StepShape => shapes.reduce((a, b) => (b.B * b.T > a.B * a.T ? b : a));

/** Throws OUT_OF_MEMORY where a step clearly does not fit, with changes that would. Computes nothing. */
export function refuseTooLarge(question: FitQuestion, shapes: readonly StepShape[], room: Room): void {
  const { base, config } = question, shape = largestShape(shapes), free = room.freeBytes(), weights = weightBytes(base, room), needed = neededBytes(question, shapes, room);
  if (needed <= free) return;
  const changes = changesThatFit(question, shape, room, free - weights).map(({ settings, bytes }) => `${settings} (about ${gigabytes(weights + bytes)})`);
  const fewerBits = weights > free / 2 && !config.load_in_8bit && !config.load_in_4bit ? ["load_in_4bit to true"] : [];
  throw new UserError("OUT_OF_MEMORY", `A step of ${shape.B} rows of ${shape.T.toLocaleString("en")} tokens needs about ${gigabytes(needed)} of memory${room.device ? ` on ${room.device.name}` : ""}; ${gigabytes(free)} are free.`,
    changes.length + fewerBits.length > 0 ? `Set ${[...[...changes, ...fewerBits].slice(0, 2), ...(room.device ? ['device to "cpu"'] : [])].join(", or ")}.` : `Close other programs, choose a smaller base or a lower max_length${room.device ? ", or train on the CPU (device \"cpu\")" : ""}.`);
}

interface Change { readonly settings: string; readonly bytes: number }

/** The least change first: the same result in more time, then fewer rows at once with the same number a step, then shorter texts. */
function changesThatFit({ base, config, trainableFor }: FitQuestion, shape: StepShape, room: Room, left: number): Change[] {
  const found: Change[] = [], { batch_size: rows, gradient_accumulation_steps: n } = config;
  /** With a share of the step's rows at once, or with one row of so many tokens. */
  const attempt = (settings: string, recompute: boolean, share: number, T?: number): boolean => {
    const B = T === undefined ? Math.max(1, Math.floor(shape.B * share)) : 1, length = T ?? Math.ceil((shape.T * shape.B * share) / B), scale = (B * length) / (shape.B * shape.T);
    const bytes = valueBytes(base, trainableFor({ recompute }), { ...shape, B, T: length, K: Math.max(1, Math.ceil(shape.K * scale)) }, room);
    if (bytes > left) return false;
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
