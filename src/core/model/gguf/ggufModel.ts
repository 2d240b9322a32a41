/** A GGUF file as the Hugging Face folder it was made from: config.json, tokenizer files, and its tensors in float32, some rows at a time. Frozen weights are then mapped in place like any other base's: dequantised once, shared by all prepared graphs and processes. */
import { UserError } from "../../errors";
import { product } from "../../graph/ops";
import { type Folder } from "../../runtime";
import { ggufEndIds, ggufTokenizer } from "../../text/ggufTokenizer";
import { createTokenizer } from "../../text/tokenizer";
import { type Architecture } from "../family/architectures";
import { type ModelConfig, parseModelConfig } from "../family/config";
import { dequantize, tensorTypes } from "./dequantize";
import { type GgufHeader, type GgufTensor, readGgufHeader } from "./gguf";
import { type GgufConfig, ggufConfig, type RopeFactors, unsupported } from "./ggufConfig";
import { CHUNK, type TensorSource } from "../weights/prepare";
import { tensorSpecs } from "../family/tensors";

export interface GgufModel {
  readonly config: ModelConfig;
  /** The small files of the folder by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorSource[];
}

/** How a tensor's values go over into Hugging Face's form. */
interface Conversion { readonly name: string; readonly dims: readonly number[]; readonly source: GgufTensor; readonly transposed: boolean; readonly minusOne: boolean; readonly rows?: RowOrder | undefined }
/** Row i comes from row `from(i)`; none leaves its run of `block` rows. */
interface RowOrder { readonly block: number; from(row: number): number }

/** Reads the header and checks everything but the weights themselves. Throws UserError naming the file and the field. */
export async function openGguf(folder: Folder, file: string): Promise<GgufModel> {
  const place = `${file} in ${folder.path}`, header = await readGgufHeader(folder, file);
  const described = ggufConfig(header, place, { ropeFactors: await ropeFactors(folder, file, header), endIds: ggufEndIds(header.metadata, place) });
  const text = JSON.stringify(described.json), config = parseModelConfig(text, place);
  if (described.rotarySize !== undefined && config.architecture.rotary !== "none" && config.rotarySize !== described.rotarySize) throw unsupported(`a rotation of ${described.rotarySize} of ${config.headSize} dimensions in this family`, place);
  const tokenizer = checkedTokenizer(header, place), conversions = conversionsOf(header, config, described, place);
  return { config, files: { "config.json": text, ...tokenizer }, tensors: conversions.map((conversion) => ({ name: conversion.name, dims: conversion.dims, type: "F32", rows: () => converted(folder, file, conversion) })) };
}

/** The tokenizer has to open: better now than after gigabytes were written. */
function checkedTokenizer(header: GgufHeader, place: string): Readonly<Record<string, string>> {
  const files = ggufTokenizer(header.metadata, place);
  try {
    createTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  } catch (cause) {
    throw new UserError("TOKENIZER_INVALID", `The tokenizer in ${place} cannot be used: ${cause instanceof UserError ? cause.what : String(cause)}`, "Choose another GGUF file of this model, or its Hugging Face folder.", { cause });
  }
  return { ...files };
}

/** Llama 3 has one table of divisors, Phi 3 two; they are tensors in GGUF and settings in config.json. */
async function ropeFactors(folder: Folder, file: string, header: GgufHeader): Promise<RopeFactors | undefined> {
  const table = async (name: string): Promise<number[] | undefined> => {
    const tensor = header.tensors.get(name);
    if (!tensor) return undefined;
    if (tensor.dims.length !== 1 || tensor.dims[0]! > 4096 || tensor.type !== "F32") throw new UserError("BASE_INVALID", `${name} in ${file} in ${folder.path} is not a table of divisors.`, "Choose another GGUF file of this model.");
    return [...await valuesOf(folder, file, tensor)];
  };
  const [same, short, long] = [await table("rope_freqs.weight"), await table("rope_factors_short.weight"), await table("rope_factors_long.weight")];
  return same ? { short: same, long: same } : short && long ? { short, long } : undefined;
}

function conversionsOf(header: GgufHeader, config: ModelConfig, { family }: GgufConfig, place: string): Conversion[] {
  const names = ggufNames(config.architecture), used = new Set(["rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"]);
  const conversions = tensorSpecs(config).map(({ name, dims }): Conversion => {
    const own = names(name);
    if (own === undefined) throw unsupported(`a model with ${name}`, place);
    const source = header.tensors.get(own);
    if (!source) throw new UserError("TENSOR_MISSING", `The weights in ${place} lack ${own}.`, "Choose a GGUF file of the whole model.");
    used.add(own);
    const stem = own.replace(/^blk\.\d+\./, ""), transposed = config.architecture.transposed === true && /^(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(stem);
    const expected = transposed ? [...dims].reverse() : dims;
    if (source.dims.join() !== expected.join()) throw new UserError("TENSOR_SHAPE", `${own} in ${place} has shape [${source.dims.join(", ")}]; its metadata asks for [${expected.join(", ")}].`, "Download the file again, or choose another GGUF file of this model.");
    return { name, dims, source, transposed, minusOne: family.normsPlusOne === true && stem.endsWith("norm.weight"), rows: rowOrder(family.rows, stem, config) };
  });
  // A tensor that nothing reads would change the model's answers if it were read.
  const unread = [...header.tensors.keys()].find((name) => !used.has(name) && !name.endsWith(".attn_rot_embd.weight"));
  if (unread !== undefined) throw unsupported(`a model with a tensor ${unread.slice(0, 60)}`, place);
  return conversions;
}

/** Hugging Face's tensor name to GGUF's, through what both call the part. */
function ggufNames({ names, norms, attention, mlp }: Architecture): (name: string) => string | undefined {
  const { projections } = attention;
  const whole: Record<string, string> = { [names.embedding]: "token_embd", ...(names.positions !== undefined && { [names.positions]: "position_embd" }), [names.finalNorm]: "output_norm", [names.head]: "output" };
  const pairs: readonly (readonly [string | undefined, string])[] = [
    [norms.attentionInput, "attn_norm"], [norms.attentionOutput, "post_attention_norm"], [norms.mlpInput, "ffn_norm"], [norms.mlpOutput, "post_ffw_norm"],
    ...("fused" in projections ? [[projections.fused, "attn_qkv"] as const] : [[projections.query, "attn_q"] as const, [projections.key, "attn_k"] as const, [projections.value, "attn_v"] as const]),
    [attention.output, "attn_output"], [attention.norms?.query, "attn_q_norm"], [attention.norms?.key, "attn_k_norm"],
    ...(mlp.kind === "gated" ? [[mlp.gate, "ffn_gate"] as const] : []), [mlp.kind === "gatedFused" ? mlp.gateUp : mlp.up, "ffn_up"], [mlp.down, "ffn_down"],
  ];
  const inLayer = new Map(pairs);
  return (name) => {
    const [, module, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    if (module === undefined) return undefined;
    if (!module.startsWith(`${names.layers}.`)) return Object.hasOwn(whole, module) ? `${whole[module]}.${kind}` : undefined;
    const [, layer, inner] = /^(\d+)\.(.*)$/.exec(module.slice(names.layers.length + 1)) ?? [], own = inLayer.get(inner);
    return own === undefined ? undefined : `blk.${layer}.${own}.${kind}`;
  };
}

function rowOrder(rows: GgufConfig["family"]["rows"], stem: string, { heads, headSize: D }: ModelConfig): RowOrder | undefined {
  // Rows (i, i + D/2) of a head stand there as (2i, 2i + 1).
  if (rows === "interleaved" && /^attn_[qk]\./.test(stem)) return { block: D, from: (row) => row - row % D + 2 * (row % D % (D / 2)) + Math.floor(row % D / (D / 2)) };
  // Row d of part s (q, k, v) of head h.
  if (rows === "ungrouped" && stem.startsWith("attn_qkv.")) return { block: 3 * heads * D, from: (row) => Math.floor(row / D) % 3 * heads * D + Math.floor(row / (3 * D)) * D + row % D };
  return undefined;
}

/** The tensor's values, some rows at a time. */
async function* converted(folder: Folder, file: string, { source, transposed, minusOne, rows }: Conversion): AsyncGenerator<Float32Array, void, void> {
  const total = source.dims[0]!, width = product(source.dims) / total;
  // A vector in a block format has no rows that can be read by themselves.
  const block = transposed || (width === 1 && tensorTypes[source.type].elements > 1) ? total : rows?.block ?? 1;
  const step = Math.max(1, Math.floor(CHUNK / (width * block))) * block;
  for (let first = 0; first < total; first += step) {
    const last = Math.min(total, first + step), values = await valuesOf(folder, file, source, first * width, last * width);
    const ordered = transposed ? transposeOf(values, total, width) : rows ? reorder(values, width, (row) => rows.from(first + row) - first) : values;
    if (minusOne) for (let i = 0; i < ordered.length; i++) ordered[i]! -= 1;
    yield ordered;
  }
}

/** Values [from, to) of a tensor; both lie on its blocks' borders. */
async function valuesOf(folder: Folder, file: string, { type, offset, dims }: GgufTensor, from = 0, to = product(dims)): Promise<Float32Array> {
  const { elements, bytes } = tensorTypes[type];
  return dequantize(type, await folder.read(file, offset + from / elements * bytes, offset + to / elements * bytes));
}

function reorder(values: Float32Array, width: number, from: (row: number) => number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row * width < values.length; row++) out.set(values.subarray(from(row) * width, (from(row) + 1) * width), row * width);
  return out;
}

function transposeOf(values: Float32Array, height: number, width: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = values[y * width + x]!;
  return out;
}
