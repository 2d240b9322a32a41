/** A base's weights in another precision, as the bytes of a model.safetensors that are never whole in memory: tensors come in some rows at a time and go out to their places in the file. */
import { BLOCK, product, type StoredTensor } from "../../graph/ops";
import { type Folder } from "../../runtime";
import { blocksFit, quantizeBlocks } from "./blocks";
import { type ModelConfig } from "../family/config";
import { floatsToBfloats, floatsToHalves } from "./halves";
import { int8Fits, int8Of } from "./int8";
import { type Precision } from "./precision";
import { readValues, safetensorsHeader, type WrittenType } from "./safetensors";
import { linearSpecs } from "../family/tensors";
import { scalesName, transposedName, zeroPointsName } from "./weights";

/** A tensor wherever it lies. */
export interface TensorSource {
  readonly name: string; readonly dims: readonly number[];
  /** Its type there. */
  readonly type: FloatType;
  /** All its values in order, whole rows at a time. */
  rows(): AsyncIterable<Float32Array>;
}
type FloatType = "F32" | "F16" | "BF16";

export interface WeightsFile {
  /** Every tensor stays as it is where it lies. */
  readonly unchanged: boolean;
  /** Its length. */
  readonly bytes: number;
  /** Every byte of it once. */
  parts(): AsyncGenerator<{ readonly at: number; readonly bytes: Uint8Array }, void, void>;
}

/** Values made at a time, or one row where that is longer. */
export const CHUNK = 1 << 20;

/** 4: in blocks; 8: whole rows and columns, for integer products. */
type Target = FloatType | 4 | 8;
const floatTypes = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/** What each tensor becomes. Vectors (norms, biases) stay as they are; so do matrices whose rows do not divide into blocks. */
function targetOf({ name, dims, type }: TensorSource, linears: ReadonlySet<string>, { dtype, bits }: Precision): Target {
  if (bits && linears.has(name) && dims.length === 2 && (bits === 8 ? int8Fits(dims) : blocksFit(dims[1]!))) return bits;
  return dtype === "auto" || (dims.length < 2 && dtype !== "float32") ? type : floatTypes[dtype];
}

const linearWeights = (config: ModelConfig): ReadonlySet<string> => new Set(linearSpecs(config).map(({ module }) => `${module}.weight`));

/** The file that holds these weights in a precision. */
export function weightsIn(tensors: readonly TensorSource[], config: ModelConfig, precision: Precision): WeightsFile {
  const linears = linearWeights(config), targets = new Map(tensors.map((tensor) => [tensor, targetOf(tensor, linears, precision)]));
  return weightsFile(tensors, (tensor) => targets.get(tensor)!);
}

interface Entry { readonly name: string; readonly dims: readonly number[]; readonly dtype: WrittenType }
/** Wide types first, and the zero points, of which there may be an odd number, last: so everything is aligned. */
const order: readonly WrittenType[] = ["F32", "F16", "BF16", "I8", "U8"];
const widths: Readonly<Record<WrittenType, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1 };

function weightsFile(tensors: readonly TensorSource[], target: (tensor: TensorSource) => Target): WeightsFile {
  const entries = tensors.flatMap((tensor) => entriesOf(tensor, target(tensor))), last = ({ name }: Entry): number => Number(name.endsWith(zeroPointsName("")));
  const sorted = [...entries].sort((a, b) => last(a) - last(b) || order.indexOf(a.dtype) - order.indexOf(b.dtype)), header = safetensorsHeader(sorted), offsets = new Map<string, number>();
  let end = header.length;
  for (const { name, dims, dtype } of sorted) { offsets.set(name, end); end += product(dims) * widths[dtype]; }
  return {
    unchanged: tensors.every((tensor) => target(tensor) === tensor.type), bytes: end,
    parts: async function* parts() {
      yield { at: 0, bytes: header };
      for (const tensor of tensors) {
        const places = new Map(offsets);
        for await (const [name, data] of converted(tensor, target(tensor))) {
          const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at = places.get(name)!;
          yield { at, bytes };
          places.set(name, at + bytes.length);
        }
      }
    },
  };
}

function entriesOf({ name, dims }: TensorSource, target: Target): Entry[] {
  if (typeof target === "string") return [{ name, dims, dtype: target }];
  const [R, C] = dims as [number, number], perRow = C / BLOCK, transposed = transposedName(name);
  if (target === 4) return [{ name, dims: [R, perRow, BLOCK / 2], dtype: "U8" }, { name: scalesName(name), dims: [R, perRow], dtype: "F32" }, { name: zeroPointsName(name), dims: [R, perRow / 2], dtype: "U8" }];
  return [{ name, dims, dtype: "I8" }, { name: scalesName(name), dims: [C], dtype: "F32" }, { name: transposed, dims: [C, R], dtype: "I8" }, { name: scalesName(transposed), dims: [R], dtype: "F32" }];
}

/** What is written of a tensor, some rows at a time; parts of the same name follow each other. */
async function* converted(tensor: TensorSource, target: Target): AsyncGenerator<[name: string, data: Float32Array | Uint16Array | Uint8Array | Int8Array], void, void> {
  const { name, dims } = tensor;
  if (target === 8) {
    const { scales, transposedScales, codes, transposed } = await int8Of(tensor);
    yield [scalesName(name), scales];
    yield [scalesName(transposedName(name)), transposedScales];
    for await (const part of codes) yield [name, part];
    yield [transposedName(name), transposed];
    return;
  }
  for await (const rows of tensor.rows()) switch (target) {
    case "F32": yield [name, rows]; break;
    case "F16": yield [name, floatsToHalves(rows)]; break;
    case "BF16": yield [name, floatsToBfloats(rows)]; break;
    case 4: {
      const { codes, scales, zeroPoints } = quantizeBlocks(rows, dims[1]!);
      yield [name, codes];
      yield [scalesName(name), scales];
      yield [zeroPointsName(name), zeroPoints];
    }
  }
}

const typeNames: Partial<Readonly<Record<StoredTensor["dtype"], FloatType>>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };

/** The float tensors of a folder; undefined where one is quantised already. */
export function folderTensors(folder: Folder, weights: ReadonlyMap<string, StoredTensor>): TensorSource[] | undefined {
  const tensors = [...weights].map(([name, stored]): TensorSource | undefined => {
    const type = stored.blocks || stored.int8 ? undefined : typeNames[stored.dtype], total = product(stored.dims), width = total / stored.dims[0]!;
    return type && {
      name, dims: stored.dims, type,
      rows: async function* rows() {
        const step = Math.max(1, Math.floor(CHUNK / width)) * width;
        for (let from = 0; from < total; from += step) yield await readValues(folder, stored, from, Math.min(total, from + step));
      },
    };
  });
  return tensors.every((tensor) => tensor !== undefined) ? tensors : undefined;
}
