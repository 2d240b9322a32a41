/** A base's weights in another precision, as the bytes of a model.safetensors that are never whole in memory: tensors come in some rows at a time and go out to their places in the file. */
import { product, type StoredTensor } from "../../graph/ops";
import { type Folder } from "../../runtime";
import { type BlockBits, blocksFit, quantizeBlocks } from "./blocks";
import { type ModelConfig } from "../family/config";
import { floatsToBfloats, floatsToHalves } from "./halves";
import { type Precision } from "./precision";
import { readValues, safetensorsHeader, type WrittenType } from "./safetensors";
import { linearSpecs } from "../family/tensors";
import { scalesName, zeroPointsName } from "./weights";

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

type Target = FloatType | BlockBits;
const floatTypes = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/** What each tensor becomes. Vectors (norms, biases) stay as they are; so do matrices whose rows do not divide into blocks. */
function targetOf({ name, dims, type }: TensorSource, linears: ReadonlySet<string>, { dtype, bits }: Precision): Target {
  if (bits && linears.has(name) && dims.length === 2 && blocksFit(dims[1]!, bits)) return bits;
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
const order: readonly WrittenType[] = ["F32", "F16", "BF16", "U8"];
const widths: Readonly<Record<WrittenType, number>> = { F32: 4, F16: 2, BF16: 2, U8: 1 };

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
        for await (const rows of tensor.rows()) for (const [name, data] of converted(tensor, rows, target(tensor))) {
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
  const [N, K] = dims as [number, number], perRow = K / 32;
  return [{ name, dims: [N, perRow, 4 * target], dtype: "U8" }, { name: scalesName(name), dims: [N, perRow], dtype: "F32" }, { name: zeroPointsName(name), dims: [N, perRow * target / 8], dtype: "U8" }];
}

function converted({ name, dims }: TensorSource, rows: Float32Array, target: Target): [string, Float32Array | Uint16Array | Uint8Array][] {
  switch (target) {
    case "F32": return [[name, rows]];
    case "F16": return [[name, floatsToHalves(rows)]];
    case "BF16": return [[name, floatsToBfloats(rows)]];
    default: {
      const { codes, scales, zeroPoints } = quantizeBlocks(rows, dims[1]!, target);
      return [[name, codes], [scalesName(name), scales], [zeroPointsName(name), zeroPoints]];
    }
  }
}

const typeNames: Partial<Readonly<Record<StoredTensor["dtype"], FloatType>>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };

/** The float tensors of a folder; undefined where one is quantised already. */
export function folderTensors(folder: Folder, weights: ReadonlyMap<string, StoredTensor>): TensorSource[] | undefined {
  const tensors = [...weights].map(([name, stored]): TensorSource | undefined => {
    const type = stored.blocks ? undefined : typeNames[stored.dtype], total = product(stored.dims), width = total / stored.dims[0]!;
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
