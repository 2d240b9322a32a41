/** A model without its tokenizer: the config, and where in the folder's files each tensor lies. Checked before anything is run. */
import { type ErrorCode, UserError } from "../../errors";
import { BLOCK, type StoredTensor } from "../../graph/ops";
import { type Folder } from "../../runtime";
import { type ModelConfig, parseJson, parseModelConfig } from "../family/config";
import { readSafetensorsHeader } from "./safetensors";
import { tensorSpecs } from "../family/tensors";

const DOWNLOAD = "Download the model again, or choose another base.";

/** What the parts of a quantised tensor `name` are called: its codes have its own name. */
export const scalesName = (name: string): string => `${name}.scales`;
export const zeroPointsName = (name: string): string => `${name}.zero_points`;
export const transposedName = (name: string): string => `${name}.transposed`;

/** Config and weights' header; reads no weights. Throws UserError naming the file and what is wrong in it. */
export async function loadModel(folder: Folder): Promise<{ config: ModelConfig; weights: ReadonlyMap<string, StoredTensor> }> {
  if (!(await folder.exists("config.json"))) throw new UserError("BASE_NOT_FOUND", `There is no model in ${folder.path}: config.json is missing.`, "Give a Hugging Face model folder, or leave the base out to use the starter base.");
  const config = parseModelConfig(await readText(folder, "config.json"), folder.path);
  return { config, weights: await loadWeights(folder, config) };
}

/** The tensors that a config asks for, from a folder that may hold nothing else. Throws UserError as loadModel. */
export async function loadWeights(folder: Folder, config: ModelConfig): Promise<ReadonlyMap<string, StoredTensor>> {
  const weights = currentNames(withParts(await readWeights(folder), folder.path), config);
  for (const { name, dims } of tensorSpecs(config)) {
    const tensor = weights.get(name);
    if (!tensor) throw new UserError("TENSOR_MISSING", `The weights in ${folder.path} lack ${name}, which config.json asks for.`, DOWNLOAD);
    if (!tensor.blocks && !tensor.int8 && !/float/.test(tensor.dtype)) throw new UserError("BASE_INVALID", `${name} in ${folder.path} holds ${tensor.dtype} values, not floats.`, DOWNLOAD);
    if (tensor.dims.length !== dims.length || tensor.dims.some((n, i) => n !== dims[i])) {
      throw new UserError("TENSOR_SHAPE", `${name} in ${folder.path} has shape [${tensor.dims.join(", ")}]; config.json asks for [${dims.join(", ")}].`, "Use the config.json that came with these weights.");
    }
  }
  return weights;
}

/** Some first releases leave a prefix out of their tensor names; buffers that a model does not use (GPT-2's masks) stay behind unread. */
function currentNames(weights: ReadonlyMap<string, StoredTensor>, config: ModelConfig): Map<string, StoredTensor> {
  const prefix = config.architecture.names.optionalPrefix, wanted = tensorSpecs(config).map(({ name }) => name);
  const found = (name: string): StoredTensor | undefined => weights.get(name) ?? (prefix !== undefined && name.startsWith(prefix) ? weights.get(name.slice(prefix.length)) : undefined);
  return new Map(wanted.flatMap((name) => { const tensor = found(name); return tensor ? [[name, tensor] as const] : []; }));
}

/** Codes of quantised tensors put together with their scales and what else belongs to them; `dims` become those of the values. */
function withParts(stored: ReadonlyMap<string, StoredTensor>, path: string): Map<string, StoredTensor> {
  const misfit = (name: string): UserError => new UserError("BASE_INVALID", `The parts of the quantised ${name} in ${path} do not fit together.`, "Delete that folder: it is made again where it is needed.");
  const fits = (part: StoredTensor, dtype: StoredTensor["dtype"], dims: readonly number[]): boolean => part.dtype === dtype && part.dims.join() === dims.join();
  return new Map([...stored].map(([name, tensor]) => {
    const scales = stored.get(scalesName(name)), zeroPoints = stored.get(zeroPointsName(name)), transposed = stored.get(transposedName(name)), transposedScales = stored.get(scalesName(transposedName(name)));
    if (tensor.dtype === "int8" && scales && transposed && transposedScales) {
      const [R = 0, C = 0] = tensor.dims;
      if (!fits(tensor, "int8", [R, C]) || !fits(scales, "float32", [C]) || !fits(transposed, "int8", [C, R]) || !fits(transposedScales, "float32", [R])) throw misfit(name);
      return [name, { ...tensor, int8: { scales, transposed, transposedScales } }];
    }
    if (tensor.dtype !== "uint8" || !scales || !zeroPoints) return [name, tensor];
    const [N = 0, perRow = 0] = tensor.dims;
    if (!fits(tensor, "uint8", [N, perRow, BLOCK / 2]) || !fits(scales, "float32", [N, perRow]) || !fits(zeroPoints, "uint8", [N, perRow / 2])) throw misfit(name);
    return [name, { ...tensor, dims: [N, perRow * BLOCK], blocks: { scales, zeroPoints } }];
  }));
}

const INDEX = "model.safetensors.index.json";
/** A pickle can run any code when it is read: its presence is told, it is never opened. */
const PICKLES = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

async function readWeights(folder: Folder): Promise<Map<string, StoredTensor>> {
  if (await folder.exists("model.safetensors")) return readSafetensorsHeader(folder, "model.safetensors");
  if (await folder.exists(INDEX)) return readShards(folder);
  for (const file of PICKLES) {
    if (await folder.exists(file)) throw new UserError("BASE_INVALID", `The weights in ${folder.path} are there as ${PICKLES[0]} only, a Python pickle, which is never read because it can run code.`, "Use a release with model.safetensors, or save the model again with transformers' save_pretrained.");
  }
  throw new UserError("BASE_NOT_FOUND", `There are no weights in ${folder.path}: model.safetensors is missing.`, DOWNLOAD);
}

/** More shards than any model has. */
const MAX_SHARDS = 10_000;

/** Each tensor comes from the shard that the index names, whatever else that holds. */
async function readShards(folder: Folder): Promise<Map<string, StoredTensor>> {
  const invalid = (detail: string): UserError => new UserError("BASE_INVALID", `${INDEX} in ${folder.path}${detail}.`, DOWNLOAD);
  const index = parseJson(await readText(folder, INDEX), INDEX, folder.path);
  const map = typeof index === "object" && index !== null ? (index as { weight_map?: unknown }).weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map) || Object.keys(map).length === 0) throw invalid(": weight_map must be an object from tensor to shard");
  const shards = new Map<string, ReadonlyMap<string, StoredTensor>>(), merged = new Map<string, StoredTensor>();
  const files = new Set(Object.values(map as Record<string, unknown>));
  if (files.size > MAX_SHARDS) throw invalid(`: weight_map names ${files.size} shards`);
  for (const [name, file] of Object.entries(map as Record<string, unknown>)) {
    // A shard is a file of this folder: a path that leads elsewhere is refused.
    if (typeof file !== "string" || !/^[^\\/:\u0000]+\.safetensors$/.test(file)) throw invalid(`: weight_map.${name} is ${JSON.stringify(file)?.slice(0, 200)}, not the name of a safetensors file`);
    if (!shards.has(file)) {
      if (!(await folder.exists(file))) throw new UserError("BASE_NOT_FOUND", `The shard ${file} is missing in ${folder.path}.`, DOWNLOAD);
      shards.set(file, await readSafetensorsHeader(folder, file));
    }
    const tensor = shards.get(file)!.get(name);
    if (!tensor) throw invalid(`: weight_map.${name} is ${file}, which does not hold it`);
    merged.set(name, tensor);
  }
  return merged;
}

/** Indexes of the largest models take a few megabytes. */
const MAX_TEXT_BYTES = 64 * 2 ** 20;

/** A text file of the folder. Throws `code` where it is larger than any real one. */
export async function readText(folder: Folder, file: string, code: ErrorCode = "BASE_INVALID", most = MAX_TEXT_BYTES): Promise<string> {
  const size = await folder.size(file);
  if (size > most) throw new UserError(code, `${file} in ${folder.path} has ${Math.round(size / 2 ** 20)} MiB, and at most ${most / 2 ** 20} MiB are read.`, "Use the file that came with the model.");
  return new TextDecoder().decode(await folder.read(file));
}
