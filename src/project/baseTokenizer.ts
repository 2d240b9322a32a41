/** A base's tokenizer alone, by the base's path: reads no weights, and of a GGUF file its header only. */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { loadTokenizer } from "../core/model/base";
import { readGgufHeader } from "../core/model/gguf/gguf";
import { ggufTokenizer } from "../core/text/ggufTokenizer";
import { createTokenizer } from "../core/text/tokenizer";
import { type Tokenizer } from "../core/text/types";
import { openFolder } from "../node/files";

/** Throws TOKENIZER_*, BASE_TRUNCATED, BASE_INVALID. */
export const openTokenizer = async (path: string): Promise<Tokenizer> => {
  if (!(await isGguf(path))) return loadTokenizer(openFolder(path));
  const { metadata } = await readGgufHeader(openFolder(dirname(path)), basename(path));
  const files = ggufTokenizer(metadata, path);
  return createTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
};

export const isGguf = async (path: string): Promise<boolean> => /\.gguf$/i.test(path) && !(await stat(path).then((found) => found.isDirectory(), () => false));
