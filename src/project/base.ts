/** A base by its path: a Hugging Face folder, or a GGUF file by way of the folder made from it. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { loadBase, type Base } from "../core/model/base";
import { fileSha256, openFolder } from "../node/files";
import { ggufFolder } from "../node/ggufCache";

/** Throws the UserErrors of loadBase; of a GGUF file also those of reading it and DISK_FULL, WRITE_FAILED. */
export const openBase = async (path: string): Promise<Base> => {
  if (!(await isGguf(path))) return loadBase(openFolder(path));
  return { ...(await loadBase(openFolder(await ggufFolder(path)))), name: basename(path).replace(/\.gguf$/i, "") };
};

/** SHA-256 of every file that defines the base, by name: what a run records. */
export const baseHashes = async (path: string): Promise<Record<string, string>> => {
  if (await isGguf(path)) return { [basename(path)]: await fileSha256(path) };
  const names = (await readdir(path)).filter((name) => /^(config|generation_config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json$|^chat_template\.jinja$|\.safetensors$/.test(name)).sort();
  const files: Record<string, string> = {};
  for (const name of names) files[name] = await fileSha256(join(path, name));
  return files;
};

const isGguf = async (path: string): Promise<boolean> => /\.gguf$/i.test(path) && !(await stat(path).then((found) => found.isDirectory(), () => false));
