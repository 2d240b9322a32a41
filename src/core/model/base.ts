/** A base: the frozen model in a Hugging Face folder together with its tokenizer. */
import * as z from "zod";
import { UserError } from "../errors";
import { type StoredTensor } from "../graph/ops";
import { type Folder } from "../runtime";
import { createTokenizer } from "../text/tokenizer";
import { type Tokenizer } from "../text/types";
import { eosIdsSchema, type ModelConfig, parseJson } from "./family/config";
import { loadModel, readText } from "./weights/weights";

export interface Base {
  readonly name: string;
  readonly folder: Folder;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: ReadonlyMap<string, StoredTensor>;
  /** Any of these ends an answer: config.json's, generation_config.json's and the tokenizer's. */
  readonly eosIds: readonly number[];
}

/** Opens a base. Reads config, tokenizer and the weights' header, not the weights. Throws one UserError that names what is wrong. */
export async function loadBase(folder: Folder): Promise<Base> {
  const { config, weights } = await loadModel(folder);
  const tokenizer = await loadTokenizer(folder);
  // Some releases pad the embedding; the other way round, ids would fall outside the table.
  if (tokenizer.vocabularySize > config.vocabularySize) {
    throw new UserError("TOKENIZER_MISMATCH", `The tokenizer in ${folder.path} has ${tokenizer.vocabularySize} tokens, the model's embedding only ${config.vocabularySize}.`, "Use the tokenizer that came with this model.");
  }
  const name = folder.path.replace(/[\\/]+$/, "").split(/[\\/]/).at(-1)!;
  const eosIds = new Set([...config.eosIds, ...(await generationEosIds(folder)), ...(tokenizer.eosId === undefined ? [] : [tokenizer.eosId])]);
  return { name, folder, config, tokenizer, weights, eosIds: [...eosIds] };
}

const generationSchema = z.looseObject({ eos_token_id: eosIdsSchema });

/** Instruct models often name their end-of-turn token only in generation_config.json. */
async function generationEosIds(folder: Folder): Promise<number[]> {
  if (!(await folder.exists("generation_config.json"))) return [];
  const parsed = generationSchema.safeParse(parseJson(await readText(folder, "generation_config.json"), "generation_config.json", folder.path));
  if (parsed.success) return [parsed.data.eos_token_id ?? []].flat();
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError("BASE_INVALID", `generation_config.json in ${folder.path}: ${path.join(".") || "the file"}: ${message}.`, "Use the generation_config.json that came with this model, or remove it.");
}

/** Some vocabularies of 250,000 tokens take 35 MB. */
const MAX_TOKENIZER_BYTES = 256 * 2 ** 20;

/** The tokenizer of a model folder alone; reads no weights. */
export async function loadTokenizer(folder: Folder): Promise<Tokenizer> {
  if (!(await folder.exists("tokenizer.json"))) throw new UserError("TOKENIZER_MISSING", `tokenizer.json is missing in ${folder.path}.`, "Put the tokenizer.json that came with this model there.");
  const optional = async (file: string): Promise<string | undefined> => ((await folder.exists(file)) ? readText(folder, file, "TOKENIZER_INVALID") : undefined);
  return createTokenizer(await readText(folder, "tokenizer.json", "TOKENIZER_INVALID", MAX_TOKENIZER_BYTES), await optional("tokenizer_config.json"), await optional("chat_template.jinja"));
}
