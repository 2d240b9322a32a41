/** What the built command line loads, counted in a process: a command reads its own part of dist/ and leaves the rest where it is. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../project/folders";
import { checkout } from "./terminal";

const folder = temporaryFolder(), hook = join(folder, "loaded.cjs");
writeFileSync(hook, 'process.on("exit", () => require("node:fs").writeFileSync(process.env.LOADED, JSON.stringify({ files: Object.keys(require.cache), own: process.moduleLoadList })));');
const write = (name: string, rows: number): void => writeFileSync(join(folder, name), Array.from({ length: rows }, (_, row) => JSON.stringify({ instruction: `Which number follows ${row}? Say nothing else but the number, please.`, input: "", output: `${row + 1}` })).join("\n"));
write("large.jsonl", 40_000);
write("small.jsonl", 3);

const dist = join(checkout, "dist"), size = (file: string): number => statSync(file).size;
const all = [join(dist, "cli.js"), ...readdirSync(join(dist, "cli")).filter((name) => name.endsWith(".js")).map((name) => join(dist, "cli", name))].reduce((bytes, file) => bytes + size(file), 0);

/** The share of the command line's code that a call loads, other files that it loads, and Node's own modules. */
const loadedBy = async (...args: string[]): Promise<{ share: number; others: string[]; own: string[] }> => {
  const told = join(folder, "loaded.json");
  await promisify(execFile)(process.execPath, ["--require", hook, join(dist, "cli.js"), ...args], { cwd: folder, env: { ...process.env, LOADED: told } });
  const { files, own } = JSON.parse(readFileSync(told, "utf8")) as { files: string[]; own: string[] };
  const inside = files.filter((file) => file.startsWith(dist));
  return { share: inside.reduce((bytes, file) => bytes + size(file), 0) / all, others: files.filter((file) => !inside.includes(file) && file !== hook), own };
};

test.each([[["--version"]], [["--help"]], [["train", "--help"]]])("%j loads a tenth of the code at most", async (args) => {
  const { share, others } = await loadedBy(...args);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(0.1);
  expect(others).toEqual([]);
});

test("`check --structure` of a large file loads a quarter of the code at most, no native library and neither crypto nor zlib", async () => {
  const { share, others, own } = await loadedBy("check", "--structure", "large.jsonl");
  expect(share).toBeLessThan(0.25);
  expect(others).toEqual([]);
  expect(own.filter((name) => /^NativeModule (crypto|zlib|worker_threads)$/.test(name))).toEqual([]);
});

test("the whole check loads more, so that what is counted is what was loaded", async () => {
  const [whole, structure] = [await loadedBy("check", "small.jsonl"), await loadedBy("check", "--structure", "small.jsonl")];
  expect(whole.share).toBeGreaterThan(structure.share + 0.03);
});
