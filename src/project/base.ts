/** A base by its path: a Hugging Face folder, or a GGUF file by way of the folder made from it. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { loadBase, type Base } from "../core/model/base";
import { type Precision, precisionLabel } from "../core/model/weights/precision";
import { loadWeights } from "../core/model/weights/weights";
import { fileSha256, openFolder } from "../node/files";
import { ggufFolder, type PrepareOptions, weightsFolder } from "../node/preparedBases";
import { isGguf } from "./baseTokenizer";

export interface OpenOptions {
  /** How the frozen weights are held; left out: as they are. */
  readonly precision?: Precision | undefined;
  readonly onPreparing?: PrepareOptions["onPreparing"];
}

/** Throws the UserErrors of loadBase; where a copy is made (of a GGUF file, or in another precision) also those of reading it and DISK_FULL, WRITE_FAILED. */
export const openBase = async (path: string, { precision = { dtype: "auto" }, onPreparing }: OpenOptions = {}): Promise<Base> => {
  if (await isGguf(path)) return { ...(await loadBase(openFolder(await ggufFolder(path, precision, { onPreparing })))), name: basename(path).replace(/\.gguf$/i, "") };
  const base = await loadBase(openFolder(path));
  if (precisionLabel(precision) === undefined) return base;
  const folder = openFolder(await weightsFolder(path, base, precision, { onPreparing }));
  return { ...base, folder, weights: await loadWeights(folder, base.config) };
};

/** SHA-256 of every file that defines the base, by name: what a run records. */
export const baseHashes = async (path: string): Promise<Record<string, string>> => {
  if (await isGguf(path)) return { [basename(path)]: await fileSha256(path) };
  const names = (await readdir(path)).filter((name) => /^(config|generation_config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json$|^chat_template\.jinja$|\.safetensors$/.test(name)).sort();
  const files: Record<string, string> = {};
  for (const name of names) files[name] = await fileSha256(join(path, name));
  return files;
};
