/** Tokenizers built from GGUF metadata: llama.cpp's own oracles, and the ids that sentencepiece and the Rust library give for the same vocabularies. */
import { describe, expect, test } from "vitest";
import { readGgufHeader } from "../../src/core/model/gguf/gguf";
import { ggufTokenizer } from "../../src/core/text/ggufTokenizer";
import { createTokenizer } from "../../src/core/text/tokenizer";
import { type Tokenizer } from "../../src/core/text/types";
import { openFolder } from "../../src/node/files";
import { hasShared, shared, sharedJson, sharedText } from "../shared";

const open = async (folder: string, file: string): Promise<Tokenizer> => {
  const { metadata } = await readGgufHeader(openFolder(shared(folder)), file), files = ggufTokenizer(metadata, file);
  return createTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
};

describe.skipIf(!hasShared)("tokenizers of GGUF files", () => {
  test.each(["ggml-vocab-gpt-2.gguf", "ggml-vocab-llama-spm.gguf", "ggml-vocab-phi-3.gguf"])("%s gives llama.cpp's ids", async (file) => {
    const tokenizer = await open("models/llama.cpp", file);
    const inputs = sharedText(`models/llama.cpp/${file}.inp`).split("\n__ggml_vocab_test__\n"), outputs = sharedText(`models/llama.cpp/${file}.out`).split("\n");
    expect(outputs.length).toBeGreaterThanOrEqual(inputs.length);
    const different = inputs.flatMap((input, i) => {
      const expected = outputs[i]!.trim().split(/\s+/).filter((id) => id !== "").map(Number), ids = tokenizer.encode(input);
      return JSON.stringify(ids) === JSON.stringify(expected) ? [] : [{ input, ids, expected }];
    });
    expect(different).toEqual([]);
  });

  test("the stories260K file gives the ids of sentencepiece", async () => {
    const tokenizer = await open("golden/gguf", "stories260K-f32.gguf");
    const { strings, sentencepiece_ids } = sharedJson<{ strings: string[]; sentencepiece_ids: number[][] }>("golden/models/stories260K/tokenizer_check.json");
    expect(strings.map((string) => tokenizer.encode(string))).toEqual(sentencepiece_ids);
    expect(tokenizer).toMatchObject({ bosId: 1, eosId: 1, addsBos: true, vocabularySize: 512 });
  });

  test("the stories260K file gives the ids and the text of its tokenizer.json on every reference string", async () => {
    const tokenizer = await open("golden/gguf", "stories260K-f32.gguf"), strings = sharedJson<string[]>("golden/tokenizers/strings.json");
    const reference = sharedJson<{ ids: number[][]; decoded_if_not_the_string: Record<string, string> }>("golden/tokenizers/stories260K__tokenizer.json");
    expect(strings.map((string) => tokenizer.encode(string))).toEqual(reference.ids);
    strings.forEach((string, i) => expect(tokenizer.decode(reference.ids[i]!)).toBe(reference.decoded_if_not_the_string[i] ?? string));
  });

  test("the phi-3 file gives the ids of a phi-3 tokenizer.json, but for blanks after marks", async () => {
    const tokenizer = await open("models/llama.cpp", "ggml-vocab-phi-3.gguf"), strings = sharedJson<string[]>("golden/tokenizers/strings.json"), { ids } = sharedJson<{ ids: number[][] }>("golden/tokenizers/onnxruntime-extensions__phi-3__tokenizer.json");
    // llama.cpp lets Phi-3's marks eat the blanks after them, as Microsoft's own release does; this tokenizer.json does not.
    const different = strings.filter((string, i) => JSON.stringify(tokenizer.encode(string)) !== JSON.stringify(ids[i]));
    expect(different).toEqual(strings.filter((string) => /(<\/s>|<\|\w+\|>) /.test(string)));
    expect(different).toHaveLength(2);
  });

  test("added tokens of every kind are recognised in the text, and only control marks are special", async () => {
    const tokenizer = await open("models/llama.cpp", "ggml-vocab-phi-3.gguf");
    expect(tokenizer.encode("<|user|>")).toEqual([32010]);
    expect(tokenizer.specialTokens).toContain("<|user|>");
    expect(tokenizer.specialTokens).not.toContain("</s>");
    expect(tokenizer.chatTemplate).toContain("<|assistant|>");
  });
});
