/** Runs that start from an adapter: what they start from, what they refuse, and that the original is not needed again. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Adapter, adapterFiles, loadAdapter } from "../../src/core/model/adapter/adapter";
import { type Base } from "../../src/core/model/base";
import { continueAdapter } from "../../src/core/model/adapter/continueAdapter";
import { type LoraSettings } from "../../src/core/model/adapter/lora";
import { initialState } from "../../src/core/train/initial";
import { runConfigSchema, type RunConfigInput } from "../../src/core/train/runConfig";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";
import { adapterFolder, initialAdapterFolder } from "../../src/project/checkpoints";
import { readJournal } from "../../src/project/journal";
import { openProject } from "../../src/project/project";
import { createRun, journalPath, readManifest, type Run } from "../../src/project/runs";
import { runTraining } from "../../src/worker/train";
import { temporaryFolder } from "../project/folders";
import { makeTinyBase, type TinyBase } from "../tinyBase";

let tiny: TinyBase, base: Base;
beforeAll(async () => { tiny = makeTinyBase(); base = await openBase(tiny.path); });
afterAll(() => tiny.remove());

const makeRun = async (root: string, values: Partial<RunConfigInput> = {}): Promise<Run> => {
  writeFileSync(join(root, "rows.jsonl"), Array.from({ length: 8 }, (_, i) => `${JSON.stringify({ instruction: `Say ${i}`, output: "abc" })}\n`).join(""));
  const config = runConfigSchema.parse({ data: "rows.jsonl", base: tiny.path, batch_size: 4, num_train_epochs: 2, max_length: 64, eval_fraction: 0, warmup_steps: 0, lr_scheduler_type: "constant", train_sampling_strategy: "sequential", lora: { r: 2, lora_alpha: 4 }, ...values });
  return createRun(openProject(root), { config, configFolder: root });
};
const train = (run: Run): ReturnType<typeof runTraining> => runTraining({ runFolder: run.folder, signal: new AbortController().signal, openRuntime: () => createOrtRuntime({ threads: 1 }), onState: () => {} });
const losses = async (run: Run): Promise<number[]> => (await readJournal(journalPath(run.folder))).flatMap((event) => (event.event === "step" ? [event.loss] : []));

describe("a run from an adapter", () => {
  test("goes on where the other ended, by its id, keeps a copy with its hashes, and needs the original no more", async () => {
    const root = temporaryFolder(), first = await makeRun(root);
    expect(await train(first)).toMatchObject({ status: "finished", step: 4 });
    const second = await makeRun(root, { adapter_name_or_path: first.id }), path = adapterFolder(first.folder);
    expect((await readManifest(second.folder)).adapter).toEqual({ path, files: { "adapter_config.json": expect.stringMatching(/^[0-9a-f]{64}$/) as string, "adapter_model.safetensors": expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
    expect(readFileSync(join(initialAdapterFolder(second.folder), "adapter_model.safetensors"))).toEqual(readFileSync(join(path, "adapter_model.safetensors")));
    rmSync(first.folder, { recursive: true });
    expect(await train(second)).toMatchObject({ status: "finished" });
    // Without weight decay and in the same order, the loss goes on falling from where it was: a fresh start would give the first run's losses again.
    const fresh = await makeRun(root);
    await train(fresh);
    const [continued, started] = [await losses(second), await losses(fresh)];
    expect(continued[0]).toBeLessThan(started.at(-2)!);
  });

  test("other settings than the run's are told before the first step", async () => {
    const root = temporaryFolder(), first = await makeRun(root);
    await train(first);
    const end = await train(await makeRun(root, { adapter_name_or_path: "latest", lora: { r: 4, lora_alpha: 4 } }));
    expect(end).toMatchObject({ status: "failed", step: 0, error: { code: "ADAPTER_MISMATCH" } });
    expect(end.error!.what).toMatch(/r of model\.layers\.0\.self_attn\.q_proj is 2 in the adapter and 4 in the run/);
    expect(end.error!.next).toContain('"r":2,"lora_alpha":4');
  });

  test("what is no adapter, or a pickle, leaves no run behind", async () => {
    const root = temporaryFolder();
    await expect(makeRun(root, { adapter_name_or_path: "nowhere" })).rejects.toMatchObject({ code: "ADAPTER_NOT_FOUND", what: expect.stringContaining('"nowhere"') as string });
    writeFileSync(join(root, "adapter_config.json"), "{}");
    await expect(makeRun(root, { adapter_name_or_path: "." })).rejects.toMatchObject({ code: "ADAPTER_NOT_FOUND", what: expect.stringContaining("adapter_model.safetensors") as string });
    writeFileSync(join(root, "adapter_model.bin"), "");
    await expect(makeRun(root, { adapter_name_or_path: "." })).rejects.toMatchObject({ code: "ADAPTER_INVALID", what: expect.stringContaining("pickle") as string });
  });
});

describe("continueAdapter", () => {
  const made = async (settings: LoraSettings): Promise<Adapter> => (await initialState(base, { lora: runConfigSchema.shape.lora.parse(settings), seed: 3 })).adapter;
  const reread = async (settings: LoraSettings): Promise<Adapter> => {
    const folder = temporaryFolder();
    for (const [name, bytes] of Object.entries(adapterFiles(await made(settings), "base", base.config))) writeFileSync(join(folder, name), bytes);
    return loadAdapter(openFolder(folder), base);
  };
  const plain: LoraSettings = { r: 2, lora_alpha: 4, target_modules: ["q_proj", "v_proj"] };

  test.each<[string, LoraSettings]>([
    ["plain", plain], ["all linears", { ...plain, target_modules: "all-linear" }], ["DoRA, rsLoRA, embeddings and patterns", { r: 2, lora_alpha: 4, use_dora: true, use_rslora: true, target_modules: ["embed_tokens", "down_proj", "q_proj"], rank_pattern: { q_proj: 3 }, alpha_pattern: { down_proj: 7 }, modules_to_save: ["norm"] }],
  ])("%s: what was written comes back value by value", async (_, settings) => {
    const again = continueAdapter(await reread(settings), base.config, settings, "x"), before = await made(settings);
    expect(again.layout).toEqual(before.layout);
    expect(again.parameters).toEqual(before.parameters);
  });

  test.each<[string, Partial<LoraSettings>, RegExp]>([
    ["lora_alpha", { lora_alpha: 8 }, /the scale of model\.layers\.0\.self_attn\.q_proj \(from lora_alpha, r and use_rslora\) is 2 in the adapter and 4 in the run/], ["use_rslora", { use_rslora: true }, /from lora_alpha, r and use_rslora/], ["use_dora", { use_dora: true }, /use_dora is false in the adapter and true/],
    ["a module more", { target_modules: ["q_proj", "k_proj", "v_proj"] }, /target_modules selects model\.layers\.0\.self_attn\.k_proj, which the adapter does not have/], ["a module less", { target_modules: ["q_proj"] }, /the adapter has model\.layers\.0\.self_attn\.v_proj, which target_modules does not select/],
    ["a saved module", { modules_to_save: ["norm"] }, /modules_to_save selects model\.norm/], ["a pattern", { rank_pattern: { v_proj: 5 } }, /r of model\.layers\.0\.self_attn\.v_proj is 2 in the adapter and 5/],
  ])("another %s is named", async (_, change, what) => {
    const adapter = await reread(plain);
    expect(() => continueAdapter(adapter, base.config, { ...plain, ...change }, "x")).toThrow(expect.objectContaining({ code: "ADAPTER_MISMATCH", what: expect.stringMatching(what) as string }));
  });
});
