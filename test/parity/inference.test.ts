/** What `tunesmith generate` and `score` compute through Inference, against PyTorch's figures for stories260K. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { greedySettings } from "../../src/core/generate/sampler";
import { createOrtRuntime } from "../../src/node/ort";
import { Inference } from "../../src/project/inference";
import { temporaryFolder } from "../project/folders";
import { hasShared, shared, sharedJson, sharedText } from "../shared";

interface Greedy { prompt: string; prompt_ids: number[]; new_ids: number[]; text: string }
interface Curve { heldout_nll_before: number; heldout_nll_after: number; heldout_nll_per_example_after: number[]; greedy_after_training_on_heldout_prompts: { new_ids: number[]; prompt_ids: number[] }[] }

describe.skipIf(!hasShared)("golden/models/stories260K", () => {
  const base = shared("golden", "models", "stories260K");
  const inference = new Inference(() => createOrtRuntime({ threads: 1 }));
  afterAll(() => inference.close());

  test("raw text is continued as PyTorch continues it, alone and in a batch", async () => {
    const golden = sharedJson<Greedy[]>("golden", "models", "stories260K", "greedy.json");
    for (const { prompt, new_ids } of golden) {
      const [answer] = await inference.generate({ base, raw: true, messages: [{ role: "user", content: prompt }], models: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: new_ids.length } });
      expect(answer!.ids).toEqual(new_ids);
    }
    const settings = { ...greedySettings, max_new_tokens: Math.max(...golden.map(({ new_ids }) => new_ids.length)) };
    const together = await inference.answer({ base, raw: true, prompts: golden.map(({ prompt }) => [{ role: "user", content: prompt }]), models: [{ name: "base" }], settings });
    expect(together.map(({ ids }, i) => ids.slice(0, golden[i]!.new_ids.length))).toEqual(golden.map(({ new_ids }) => new_ids));
  });

  test("the stored adapter answers and scores as PEFT has it, from the text of the rows", async () => {
    const curve = sharedJson<Curve>("golden", "finetune_stories260K", "curve.json");
    const rows = sharedText("golden", "finetune_stories260K", "heldout.jsonl").trim().split("\n").map((line) => JSON.parse(line) as { messages: { role: "user" | "assistant"; content: string }[] });
    const data = join(temporaryFolder(), "heldout.jsonl");
    writeFileSync(data, rows.map(({ messages }) => `${JSON.stringify({ messages })}\n`).join(""));
    const adapter = shared("golden", "finetune_stories260K", "adapter_final");
    expect((await inference.score({ base, data, maxLength: 512 })).nll).toBeCloseTo(curve.heldout_nll_before, 4);
    const after = await inference.score({ base, data, maxLength: 512, adapter });
    expect(after.nll).toBeCloseTo(curve.heldout_nll_after, 4);
    after.perRow.forEach(({ nll }, i) => expect(nll).toBeCloseTo(curve.heldout_nll_per_example_after[i]!, 4));
    const answers = await inference.answer({ base, prompts: rows.map(({ messages }) => messages.slice(0, 1)), models: [{ name: "tuned", adapter }], settings: { ...greedySettings, max_new_tokens: 60 } });
    curve.greedy_after_training_on_heldout_prompts.forEach(({ new_ids }, i) => expect(answers[i]!.ids).toEqual(new_ids.filter((id) => id !== 1)));
  });
});
