/** golden/smollm2 through the two commands that a person types: `tunesmith train` follows PyTorch + PEFT step by step, `tunesmith score` finds its held-out likelihood. Two steps here; TUNESMITH_LONG_TESTS=1 runs all 32. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Adapter, adapterFiles, loadAdapter } from "../../src/core/model/adapter/adapter";
import { type Base } from "../../src/core/model/base";
import { continueAdapter } from "../../src/core/model/adapter/continueAdapter";
import { type RunConfigInput } from "../../src/core/train/runConfig";
import { openFolder } from "../../src/node/files";
import { openBase } from "../../src/project/base";
import { type ScoreResult } from "../../src/protocol/worker";
import { events, json, runFolder, tunesmith } from "../integration/terminal";
import { readAsGpt2, smollm2 } from "../models";
import { hasShared, sharedJson } from "../shared";
import { ADAPTER_TOLERANCE, distanceFromFinal, type Golden, type Heldout, initialAdapter, LOSS_TOLERANCE, NORM_TOLERANCE, ROW_TOLERANCE } from "./smollm2Golden";

const model = hasShared ? smollm2() : { path: undefined, reason: "../shared is missing" };
const long = process.env.TUNESMITH_LONG_TESTS === "1";
const lora = { r: 8, lora_alpha: 16, target_modules: "all-linear" } as const;
const TRAINED = 256, HELD_OUT = 32;

describe.skipIf(model.path === undefined)("golden/smollm2 through the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-smollm2-"));
  let golden: Golden, base: Base, gguf: string, start: Adapter;

  beforeAll(async () => {
    process.env.TUNESMITH_CACHE ??= join(model.path!, "..", "..", "converted");
    golden = sharedJson<Golden>("golden", "smollm2", "golden.json");
    gguf = readAsGpt2(model.path!);
    base = await openBase(gguf);
    start = initialAdapter(base.config, golden);
    mkdirSync(join(folder, "start"));
    for (const [name, bytes] of Object.entries(adapterFiles(start, base.name, base.config))) writeFileSync(join(folder, "start", name), bytes);
    const data = sharedJson<object[]>("data", "llama-factory", "alpaca_en_demo.json"), rows = sharedJson<{ row: number }[]>("golden", "smollm2", "examples.json").map(({ row }) => JSON.stringify(data[row]));
    expect(rows).toHaveLength(TRAINED + HELD_OUT);
    write("train.jsonl", rows.slice(0, TRAINED));
    write("heldout.jsonl", rows.slice(TRAINED));
    write("few.jsonl", rows.slice(TRAINED, TRAINED + 4));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, rows: readonly string[]): void => writeFileSync(join(folder, name), `${rows.join("\n")}\n`);

  /** The run of golden/smollm2/generate.py as a person would write it. */
  const writeConfig = (values: Partial<RunConfigInput>): string => {
    const config: RunConfigInput = {
      base: gguf, data: "train.jsonl", eval_fraction: 0, max_length: 256, completion_only_loss: true, lora, adapter_name_or_path: "start", num_train_epochs: 1, batch_size: 8, train_sampling_strategy: "sequential",
      learning_rate: 2e-4, lr_scheduler_type: "constant", warmup_steps: 0, weight_decay: 0, max_grad_norm: 0, eval_steps: 0, save_steps: 0, ...values,
    };
    writeFileSync(join(folder, "run.tune.json"), JSON.stringify(config));
    return "run.tune.json";
  };

  /** Runs it and compares each step with the stored one. */
  const train = async (config: string, steps: number): Promise<{ run: string; evaluations: number[] }> => {
    const { status, out, err } = await tunesmith(folder, "train", config, "--json");
    expect(status, err).toBe(0);
    const all = events(out), made = all.filter((event) => event.event === "step"), [first] = all;
    expect(first).toMatchObject({ event: "start", examples: TRAINED, steps, trainableParameters: 2_442_240 });
    expect(made).toHaveLength(steps);
    made.forEach(({ loss, gradNorm, tokens, rows, seconds }, i) => {
      const expected = golden.steps[i]!;
      console.log(`step ${i + 1}: loss ${loss.toFixed(6)} (${(loss - expected.loss).toExponential(1)}), gradient norm off by ${(gradNorm / expected.grad_norm - 1).toExponential(1)}, at ${Math.round(seconds)} s`);
      expect(rows, "rows in the file's order").toEqual(Array.from({ length: 8 }, (_, row) => i * 8 + row + 1));
      expect(tokens).toBe(expected.real_tokens);
      expect(Math.abs(loss - expected.loss), `loss of step ${i + 1}`).toBeLessThanOrEqual(LOSS_TOLERANCE);
      expect(Math.abs(gradNorm / expected.grad_norm - 1), `gradient norm of step ${i + 1}`).toBeLessThanOrEqual(NORM_TOLERANCE);
    });
    return { run: (first as { run: string }).run, evaluations: all.flatMap((event) => (event.event === "eval" ? [event.loss] : [])) };
  };

  /** Scores the held-out rows, or the first of them, and compares each with the stored one. */
  const score = async (data: string, expected: Heldout, ...model: string[]): Promise<number> => {
    const { nll, perRow } = await json<ScoreResult>(folder, "score", "--data", data, ...model, "--per-row");
    perRow.forEach(({ tokens, nll }, i) => {
      const { tokens: count, nll_sum } = expected.examples[i]!;
      expect(tokens).toBe(count);
      expect(Math.abs(nll - nll_sum / count), `row ${i + 1}`).toBeLessThan(ROW_TOLERANCE);
    });
    console.log(`score of ${perRow.length} rows: ${nll.toFixed(7)}; all of PyTorch's ${expected.mean_nll_tokens.toFixed(7)}`);
    return nll;
  };
  const baseFlags = (): string[] => ["--base", gguf, "--max-length", "256", "--completion-only-loss"];

  test.skipIf(long)("the first two steps, and the likelihood of four held-out rows before", async () => {
    const { run } = await train(writeConfig({ max_steps: 2 }), 2);
    const manifest = JSON.parse(readFileSync(join(runFolder(folder, run), "run.json"), "utf8")) as { adapter: { path: string; files: Record<string, string> } };
    expect(manifest.adapter).toEqual({ path: join(folder, "start"), files: { "adapter_config.json": expect.stringMatching(/^[0-9a-f]{64}$/) as string, "adapter_model.safetensors": expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
    await score("few.jsonl", golden.heldout_before, ...baseFlags());
  }, 900_000);

  test.skipIf(!long)("the whole fine-tune", async () => {
    const agrees = (nll: number, { mean_nll_tokens }: Heldout): void => expect(Math.abs(nll - mean_nll_tokens)).toBeLessThanOrEqual(LOSS_TOLERANCE);
    agrees(await score("heldout.jsonl", golden.heldout_before, ...baseFlags()), golden.heldout_before);
    const { run, evaluations } = await train(writeConfig({ eval: "heldout.jsonl" }), 32);
    expect(evaluations).toHaveLength(2);
    agrees(evaluations[0]!, golden.heldout_before);
    agrees(evaluations[1]!, golden.heldout_after);
    // The adapter brings base, lengths and the trained span along.
    agrees(await score("heldout.jsonl", golden.heldout_after, "--adapter", run), golden.heldout_after);
    const tuned = continueAdapter(await loadAdapter(openFolder(join(runFolder(folder, run), "adapter")), base), base.config, lora, run), distance = distanceFromFinal(start, tuned.parameters);
    console.log(`adapter: ‖difference‖ / ‖what training moved‖ = ${distance.toExponential(2)}`);
    expect(distance).toBeLessThan(ADAPTER_TOLERANCE);
  }, 7_200_000);
});
