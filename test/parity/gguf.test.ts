/** GGUF files of others: the golden stories260K file against the same model's safetensors, a random Llama in F16, and the golden file with its bytes changed. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { isUserError } from "../../src/core/errors";
import { type Base, loadBase } from "../../src/core/model/base";
import { type GgufHeader, readGgufHeader } from "../../src/core/model/gguf/gguf";
import { openGguf } from "../../src/core/model/gguf/ggufModel";
import { lower } from "../../src/core/graph/lower";
import { writeOnnx } from "../../src/core/graph/onnx";
import { type Folder } from "../../src/core/runtime";
import { frozenParameters, logitsAt } from "../../src/core/train/graphs";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";
import { temporaryFolder } from "../project/folders";
import { hasShared, shared, sharedJson } from "../shared";

describe.skipIf(!hasShared)("golden/gguf", () => {
  beforeAll(() => { process.env.TUNESMITH_CACHE = temporaryFolder(); });
  const file = shared("golden", "gguf", "stories260K-f32.gguf");

  test("the header is the one that the gguf package reads", async () => {
    interface Layout { metadata: { key: string; types: string[]; value: unknown }[]; tensors: { name: string; ggml_shape: number[]; type: string; offset_in_file: number }[] }
    const { metadata, tensors } = await readGgufHeader(openFolder(shared("golden", "gguf")), "stories260K-f32.gguf"), layout = sharedJson<Layout>("golden", "gguf", "layout.json");
    expect([...tensors.values()].map(({ name, type, dims, offset }) => ({ name, ggml_shape: [...dims].reverse(), type, offset_in_file: offset }))).toEqual(layout.tensors);
    for (const { key, types, value } of layout.metadata.filter(({ key: name }) => !name.startsWith("GGUF."))) {
      if (types[0] === "ARRAY") expect((metadata.get(key) as unknown[]).length, key).toBe(Number(/\d+/.exec(String(value))![0]));
      else expect(metadata.get(key), key).toBe(value);
    }
  });

  test("weights, eos and logits are those of the safetensors folder, to the bit", async () => {
    const [gguf, folder] = [await openBase(file), await loadBase(openFolder(shared("golden", "models", "stories260K")))];
    const bytesOf = async ({ folder: at, weights }: Base, name: string): Promise<Uint8Array> => { const { file: from, offset, bytes } = weights.get(name)!; return new Uint8Array(await at.read(from, offset, offset + bytes)); };
    expect([...gguf.weights.keys()].sort()).toEqual([...folder.weights.keys()].sort());
    for (const name of folder.weights.keys()) expect(await bytesOf(gguf, name), name).toEqual(await bytesOf(folder, name));
    expect({ ...gguf.config, normEpsilon: 0 }).toEqual({ ...folder.config, normEpsilon: 0 });
    const runtime = await createOrtRuntime({ threads: 1 }), ids = sharedJson<{ input_ids: number[] }>("golden", "models", "stories260K", "nll.json").input_ids.slice(0, 64);
    const logits = async (base: Base): Promise<unknown> => {
      const session = await runtime.createSession(writeOnnx(lower({ logits: logitsAt(frozenParameters(base.weights), base.config, { B: 1, T: 64, K: 64 }) })), { weightsFolder: base.folder.path });
      const out = await session.run({ tokens: { dtype: "int64", dims: [1, 64], data: BigInt64Array.from(ids, BigInt) }, lossRows: { dtype: "int64", dims: [64], data: BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i)) } });
      return out.logits!.data;
    };
    expect(await logits(gguf)).toEqual(await logits(folder));
  });

  test("a Llama with its own head in F16 opens, and its tensors add up to the file", async () => {
    const base = await openBase(shared("models", "ollama", "llama-2-tiny-random.gguf"));
    expect(base).toMatchObject({ name: "llama-2-tiny-random", eosIds: [2], config: { tied: false, hiddenSize: 8, heads: 2, kvHeads: 2 } });
    expect(base.tokenizer.encode("Hello world")).toEqual([15043, 3186]);
  });

  test("a file of vocabulary only is refused by name", async () => {
    await expect(openBase(shared("models", "llama.cpp", "ggml-vocab-llama-spm.gguf"))).rejects.toMatchObject({ code: "TENSOR_MISSING" });
  });

  test("its bytes changed or cut anywhere: a sound header or a coded error, and never much memory", async () => {
    const whole = new Uint8Array(readFileSync(file)), { bytes: headerBytes } = await readGgufHeader(openFolder(shared("golden", "gguf")), "stories260K-f32.gguf");
    const memory = (bytes: Uint8Array): Folder => ({ path: "memory", exists: async () => true, size: async () => bytes.length, read: async (_name, from = 0, to = bytes.length) => bytes.slice(from, to) });
    const opened = async (bytes: Uint8Array): Promise<GgufHeader | undefined> => {
      try {
        await openGguf(memory(bytes), "m.gguf");
        return await readGgufHeader(memory(bytes), "m.gguf");
      } catch (error) {
        if (!isUserError(error)) throw error;
        return undefined;
      }
    };
    const before = process.memoryUsage().rss;
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ at: fc.nat(headerBytes), byte: fc.nat(255) }), { minLength: 1, maxLength: 6 }), async (changes) => {
      const bytes = whole.slice();
      for (const { at, byte } of changes) bytes[at] = byte;
      for (const { offset, bytes: length } of (await opened(bytes))?.tensors.values() ?? []) expect(offset + length).toBeLessThanOrEqual(bytes.length);
    }), { numRuns: 300 });
    await fc.assert(fc.asyncProperty(fc.nat(whole.length - 33), async (length) => { expect(await opened(whole.subarray(0, length))).toBeUndefined(); }), { numRuns: 60 });
    expect(process.memoryUsage().rss - before).toBeLessThan(700e6);
  });
});
