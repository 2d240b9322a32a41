/** Token ids and decoded text against the Rust tokenizers, for every tokenizer of the reference material. */
import { readdirSync } from "node:fs";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../../src/core/text/tokenizer";
import { type Tokenizer } from "../../src/core/text/types";
import { hasShared, shared, sharedJson, sharedText } from "../shared";

interface Reference { tokenizer: string; ids: number[][]; decoded_if_not_the_string: Record<string, string>; decoded_skipping_special_if_different: Record<string, string> }

/** Strings that come out differently, each with why; nothing else may differ. */
const KNOWN: Record<string, Record<number, string>> = {
  "onnxruntime-extensions/t5-small/tokenizer.json": {
    34: "T5's precompiled character map leaves one decomposed character as it is; the library replaces the map by NFKC.",
  },
};

const folderOf = (tokenizer: string): string[] => ["models", "golden/models"].map((root) => join(root, tokenizer)).filter((path) => existsSync(shared(path)));
export const openTokenizer = (path: string): Tokenizer => {
  const config = join(dirname(path), "tokenizer_config.json");
  return createTokenizer(sharedText(path), existsSync(shared(config)) ? sharedText(config) : undefined);
};

describe.skipIf(!hasShared)("tokenizers", () => {
  const strings = hasShared ? sharedJson<string[]>("golden/tokenizers/strings.json") : [];
  const files = hasShared ? readdirSync(shared("golden/tokenizers")).filter((file) => file.includes("__")) : [];
  test("there are references to compare with", () => expect(files.length).toBeGreaterThanOrEqual(10));

  describe.each(files)("%s", (file) => {
    const reference = sharedJson<Reference>("golden/tokenizers", file);
    const tokenizer = openTokenizer(folderOf(reference.tokenizer)[0]!);
    const known = KNOWN[reference.tokenizer] ?? {};

    test("gives the same ids", () => {
      const different = strings.flatMap((string, index) => JSON.stringify(tokenizer.encode(string)) === JSON.stringify(reference.ids[index]) ? [] : [index]);
      expect(different).toEqual(Object.keys(known).map(Number));
    });

    test("decodes to the same text", () => {
      strings.forEach((string, index) => {
        const whole = reference.decoded_if_not_the_string[index] ?? string;
        expect(tokenizer.decode(reference.ids[index]!)).toBe(whole);
        expect(tokenizer.decode(reference.ids[index]!, { skipSpecialTokens: true })).toBe(reference.decoded_skipping_special_if_different[index] ?? whole);
      });
    });

    test("every token begins inside the text, none before the one before it", () => {
      for (const string of strings) {
        const { ids, starts } = tokenizer.encodeWithOffsets(string);
        expect(starts).toHaveLength(ids.length);
        starts.forEach((start, index) => {
          expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : starts[index - 1]!);
          expect(start).toBeLessThan(string.length);
        });
      }
    });
  });

  test("refuses a tokenizer that the Rust library refuses", () => {
    expect(() => openTokenizer("models/onnxruntime-extensions/llama2/tokenizer.json")).toThrow(/merge \d+ of its 61249/);
  });
});
