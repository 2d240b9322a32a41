/** Every bad input in the terminal: one coded message with a next step, the same in the journal, and nothing written is lost. */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type RunEvent } from "../../src/core/train/events";
import { temporaryFolder } from "../project/folders";
import { events, json, runFolder, start, tinyBase, tunesmith, untilStep, writeConfig, writeRows, type Ended } from "./terminal";

/** Standard output is empty and standard error holds one coded message, which is returned. */
const refused = ({ status, out, err }: Ended): string => {
  expect(status, err).toBe(2);
  expect(out).toBe("");
  const coded = err.trim().split("\n").filter((line) => line.startsWith("error["));
  expect(coded, err).toHaveLength(1);
  expect(coded[0]).toMatch(/^error\[[A-Z_]+\]: [^ ].*[.!?`)] .+[.!?`)]$/);
  return coded[0]!;
};

const edit = (file: string, change: (value: Record<string, unknown>) => object): void => writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)));

test.each<[string, string, (base: string) => void]>([
  ["missing weights", "BASE_NOT_FOUND", (base) => rmSync(join(base, "model.safetensors"))],
  ["truncated weights", "BASE_TRUNCATED", (base) => truncateSync(join(base, "model.safetensors"), 5000)],
  ["a tokenizer that does not fit", "TOKENIZER_MISMATCH", (base) => edit(join(base, "config.json"), (config) => ({ ...config, vocab_size: 200 }))],
  ["an unknown architecture", "ARCHITECTURE_UNKNOWN", (base) => edit(join(base, "config.json"), (config) => ({ ...config, model_type: "mamba", architectures: ["MambaForCausalLM"] }))],
])("%s: %s, while training and while answering", async (_, code, damage) => {
  const folder = temporaryFolder();
  const base = tinyBase();
  damage(base);
  const message = refused(await tunesmith(folder, "train", writeConfig(folder, base)));
  // The tokenizer is compared after the weights are: a smaller vocabulary shows in either.
  if (code === "TOKENIZER_MISMATCH") expect(message).toMatch(/^error\[(TOKENIZER_MISMATCH|TENSOR_SHAPE)\]/);
  else expect(message).toContain(`error[${code}]`);
  const [id] = readdirSync(join(folder, ".tunesmith", "runs"));
  const end = JSON.parse(readFileSync(join(runFolder(folder, id!), "journal.jsonl"), "utf8")) as RunEvent & { event: "end" };
  expect(end).toMatchObject({ event: "end", status: "failed" });
  expect(message).toBe(`error[${end.error!.code}]: ${end.error!.what} ${end.error!.next}`);
  expect(refused(await tunesmith(folder, "generate", "--base", base, "--prompt", "x"))).toBe(message);
});

test("a tokenizer with more tokens than the embedding", async () => {
  const folder = temporaryFolder();
  const base = tinyBase();
  edit(join(base, "tokenizer.json"), (json) => ({ ...json, added_tokens: [...(json.added_tokens as object[]), { id: 999, content: "<|x|>", special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }] }));
  expect(refused(await tunesmith(folder, "train", writeConfig(folder, base)))).toMatch(/^error\[TOKENIZER_MISMATCH\].*1000 tokens.*260/);
});

test.each([
  ["an empty dataset", ""],
  ["one with nothing but broken rows", '{"instruction": "a"\n{"instruction": "b", "output": ""}\n'],
  ["one that is something else", "a,b\n1,2\n"],
])("%s: DATASET_NO_USABLE_ROW", async (_, text) => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, tinyBase());
  writeFileSync(join(folder, "rows.jsonl"), text);
  expect(refused(await tunesmith(folder, "train", config))).toMatch(/^error\[DATASET_NO_USABLE_ROW\]: rows\.jsonl has no row that can be trained on\. .*tunesmith check/);
  expect(readFileSync(join(folder, "rows.jsonl"), "utf8")).toBe(text);
});

test("some broken rows are left out with a warning", async () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, tinyBase(), { num_train_epochs: 1 });
  appendFileSync(join(folder, "rows.jsonl"), '{"instruction": "broken"\n');
  const { status, out } = await tunesmith(folder, "train", config, "--json");
  expect(status).toBe(0);
  expect(events(out)).toContainEqual({ event: "warning", code: "ROWS_SKIPPED", message: expect.stringContaining("1 of 25 rows of rows.jsonl") });
});

test.each<[string, string[], RegExp]>([
  ["no such command", ["tune"], /^error\[BAD_ARGUMENT\]: Unknown command 'tune'/],
  ["no such flag", ["train", "--fast"], /^error\[BAD_ARGUMENT\]: Unknown option '--fast'/],
  ["a number that is none", ["generate", "--prompt", "x", "--seed", "two"], /^error\[BAD_ARGUMENT\].*whole number/],
  ["nothing to train on", ["train"], /^error\[BAD_ARGUMENT\].*--data FILE/],
  ["no such config", ["train", "none.tune.json"], /^error\[CONFIG_NOT_FOUND\].*none\.tune\.json/],
  ["no such dataset", ["train", "--data", "none.jsonl"], /^error\[(DATASET|BASE)_NOT_FOUND\]/],
  ["no such base", ["train", "--data", "rows.jsonl", "--base", "./none"], /^error\[BASE_NOT_FOUND\]/],
  ["a key that is none", ["train", "--data", "rows.jsonl", "--set", "learning_rates=1"], /^error\[CONFIG_INVALID\].*did you mean "learning_rate"\?/],
  ["a value that is none", ["train", "--data", "rows.jsonl", "--set", "lr_scheduler_type=step"], /^error\[CONFIG_INVALID\].*"constant" or "linear" or "cosine"/],
  ["a device that is none", ["train", "--data", "rows.jsonl", "--device", "tpu"], /^error\[DEVICE_UNUSABLE\]/],
  ["no such run", ["runs", "show", "zzzz"], /^error\[RUN_NOT_FOUND\]/],
  ["no such adapter", ["generate", "--prompt", "x", "--adapter", "zzzz"], /^error\[ADAPTER_NOT_FOUND\]/],
  ["no such dataset to score", ["score"], /^error\[BAD_ARGUMENT\].*--data/],
  ["no repository", ["data", "log", "rows.jsonl"], /^error\[GIT_NOT_A_REPOSITORY\].*git init/],
])("%s", async (_, args, message) => {
  const folder = temporaryFolder();
  writeRows(folder);
  expect(refused(await tunesmith(folder, ...args))).toMatch(message);
  expect(readdirSync(folder).filter((name) => name !== ".tunesmith")).toEqual(["rows.jsonl"]);
});

/** A small disk that can be filled; only root on Linux may mount one. */
const smallDisk = (): string | undefined => {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    return undefined; // Not root, or not Linux: the test below is skipped.
  }
};

const disk = smallDisk();
afterAll(() => { if (disk) execFileSync("umount", [disk]); });

describe.skipIf(!disk)("a disk that fills up", () => {
  const fill = (folder: string): string => {
    const filler = join(folder, "filler");
    for (const size of [1 << 16, 1 << 12]) {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(size, 1));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
      }
    }
    return filler;
  };

  test("while training: DISK_FULL in terminal and journal, the last checkpoint stays, and with room again the run goes on", async () => {
    const folder = disk!;
    const running = start(folder, "train", writeConfig(folder, tinyBase(), { num_train_epochs: 100, save_steps: 20 }), "--json");
    await untilStep(running, 45);
    const filler = fill(folder);
    const { status, err, out } = await running.ended;
    expect(status).toBe(2);
    const end = events(out).at(-1) as RunEvent & { event: "end" };
    expect(err).toMatch(new RegExp(`error\\[DISK_FULL\\]: .* Free some space; then \`tunesmith runs resume ${end.run}\` goes on from step \\d+0\\.`));
    expect(end).toMatchObject({ status: "failed", error: { code: "DISK_FULL" } });
    const kept = readdirSync(join(runFolder(folder, end.run), "checkpoints"));
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(kept.every((name) => /^step-\d+$/.test(name))).toBe(true);
    expect(readFileSync(join(runFolder(folder, end.run), "journal.jsonl"), "utf8").endsWith("}\n")).toBe(true);

    // A new run has no room even to begin, and leaves nothing behind.
    const again = refused(await tunesmith(folder, "train", "run.tune.json"));
    expect(again).toMatch(/^error\[DISK_FULL\]/);
    expect((await json<{ runs: unknown[] }>(folder, "runs", "list")).runs).toHaveLength(1);

    rmSync(filler);
    const resumed = await tunesmith(folder, "runs", "resume", end.run, "--json");
    expect(resumed.status, resumed.err).toBe(0);
    expect(events(resumed.out).at(-1)).toMatchObject({ status: "finished", step: 600 });
    expect(existsSync(join(runFolder(folder, end.run), "adapter", "adapter_model.safetensors"))).toBe(true);
  });
});
