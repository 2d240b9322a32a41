/** PEFT itself loads what a run writes: every kind of adapter scores the same there. Needs a Python with torch, transformers and peft: TUNESMITH_PYTHON=/path/to/python. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { adapterFiles } from "../../src/core/model/adapter/adapter";
import { loadBase } from "../../src/core/model/base";
import { type Example } from "../../src/core/text/types";
import { type RunConfigInput, runConfigSchema } from "../../src/core/train/runConfig";
import { score } from "../../src/core/train/score";
import { train } from "../../src/core/train/trainer";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { makeTinyBase } from "../tinyBase";

const python = process.env.TUNESMITH_PYTHON;
const kinds: Record<string, NonNullable<RunConfigInput["lora"]>> = {
  lora: {}, rslora: { use_rslora: true, r: 6 }, dora: { use_dora: true }, patterns: { rank_pattern: { q_proj: 2 }, alpha_pattern: { "layers.1.mlp.down_proj": 32 } },
  some: { target_modules: ["q_proj", "down_proj"] }, embedding: { target_modules: ["embed_tokens", "v_proj"] }, saved: { modules_to_save: ["lm_head"] },
};

describe.skipIf(!python)("PEFT", () => {
  // Untied, so that the head can be trained by itself.
  const folder = makeTinyBase({ config: { tie_word_embeddings: false, architectures: ["LlamaForCausalLM"] } });
  afterAll(() => folder.remove());

  test("loads every kind of adapter and scores as Tunesmith does", async () => {
    const base = await loadBase(openFolder(folder.path)), runtime = await createOrtRuntime({ threads: 1 });
    const examples: Example[] = Array.from({ length: 8 }, (_, row) => {
      const prompt = [257, 65 + row, 258], answer = [97 + (row % 3), 98, 256];
      return { row, ids: [...prompt, ...answer], labels: [...prompt.map(() => -100), ...answer], truncated: 0, segments: [] };
    });
    const adapters: string[] = [], own: number[] = [];
    for (const [name, lora] of Object.entries(kinds)) {
      const config = runConfigSchema.parse({ data: "x", batch_size: 4, num_train_epochs: 5, learning_rate: 0.02, warmup_steps: 1, lora: { r: 4, lora_alpha: 8, ...lora } });
      for await (const report of train({ runtime, base, examples, evalExamples: [], config })) {
        if (report.event !== "done") continue;
        const path = join(folder.path, `adapter-${name}`);
        mkdirSync(path);
        for (const [file, bytes] of Object.entries(adapterFiles(report.state.adapter, folder.path, base.config))) writeFileSync(join(path, file), bytes);
        let total = 0, tokens = 0;
        for await (const row of score(runtime, base, report.state.adapter, examples)) { total += row.nll * row.tokens; tokens += row.tokens; }
        adapters.push(path);
        own.push(total / tokens);
      }
    }
    const stdout = execFileSync(python!, [join(__dirname, "peftLoads.py")], { input: JSON.stringify({ base: folder.path, adapters, rows: examples.map(({ ids, labels }) => ({ ids, labels })) }), stdio: ["pipe", "pipe", "ignore"] });
    const theirs = JSON.parse(stdout.toString()) as number[];
    Object.keys(kinds).forEach((name, i) => expect(Math.abs(own[i]! - theirs[i]!), `${name}: ${own[i]} here, ${theirs[i]} in PEFT`).toBeLessThan(1e-5));
  });
});
