/** Bases by path: folders and GGUF files, what a run records of them, and answers from both. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { greedySettings } from "../../src/core/generate/sampler";
import { createOrtRuntime } from "../../src/node/ort";
import { baseHashes, openBase } from "../../src/project/base";
import { Inference } from "../../src/project/inference";
import { openProject, resolveBase } from "../../src/project/project";
import { tinyGguf } from "../makeGguf";
import { makeTinyBase } from "../tinyBase";
import { temporaryFolder } from "./folders";

beforeAll(() => { process.env.TUNESMITH_CACHE = temporaryFolder(); });

const ggufAt = (path: string, seed = "1"): Uint8Array => {
  const { file } = tinyGguf({ seed });
  writeFileSync(path, file);
  return file;
};

test("a GGUF file is named after itself and recorded by its own hash", async () => {
  const path = join(temporaryFolder(), "Tiny-1B.Q8_0.gguf"), bytes = ggufAt(path), base = await openBase(path);
  expect({ name: base.name, eosIds: base.eosIds, hidden: base.config.hiddenSize }).toEqual({ name: "Tiny-1B.Q8_0", eosIds: [256], hidden: 64 });
  expect(await baseHashes(path)).toEqual({ "Tiny-1B.Q8_0.gguf": createHash("sha256").update(bytes).digest("hex") });
});

test("a folder is opened as it is, whatever it is called, and recorded file by file", async () => {
  const made = makeTinyBase(), base = await openBase(made.path);
  expect(base.folder.path).toBe(made.path);
  expect(Object.keys(await baseHashes(made.path))).toEqual(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]);
  made.remove();
  const odd = join(temporaryFolder(), "folder.gguf");
  mkdirSync(odd);
  await expect(openBase(odd)).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
});

test("paths of GGUF files are bases, those of other files are not", () => {
  const at = openProject(temporaryFolder()), path = join(at.root, "m.GGUF");
  writeFileSync(path, "GGUF");
  expect(resolveBase(at, "m.GGUF", at.root)).toBe(path);
  writeFileSync(join(at.root, "model.safetensors"), "x");
  expect(() => resolveBase(at, "model.safetensors", at.root)).toThrow(expect.objectContaining({ code: "BASE_INVALID" }));
});

test("answers come from the file that lies there now", async () => {
  const path = join(temporaryFolder(), "m.gguf"), inference = new Inference(() => createOrtRuntime({ threads: 1 }));
  const answer = async (): Promise<readonly number[]> => (await inference.generate({ base: path, raw: true, messages: [{ role: "user", content: "Once" }], models: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: 12 } }))[0]!.ids;
  ggufAt(path);
  const first = await answer();
  expect(await answer()).toEqual(first);
  ggufAt(path, "other weights");
  expect(await answer()).not.toEqual(first);
  await inference.close();
});
