/** Generation on WebGPU (SwiftShader where there is no graphics card): the text of PyTorch, with keys, values and adapters staying on the device. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Candidate } from "../../src/core/generate/adapters";
import { Generator } from "../../src/core/generate/generate";
import { greedySettings } from "../../src/core/generate/sampler";
import { type Adapter, loadAdapter } from "../../src/core/model/adapter/adapter";
import { loadModel } from "../../src/core/model/weights/weights";
import { type DeviceOptions, type DeviceRuntime, openDevice } from "../../src/node/device/deviceRuntime";
import { providers } from "../../src/node/device/open";
import { openFolder } from "../../src/node/files";
import { Inference } from "../../src/project/inference";
import { temporaryFolder } from "../project/folders";
import { hasShared, shared, sharedJson, sharedText } from "../shared";
import { hasSwiftShader } from "../swiftShader";
import { testEnvironment } from "../testRuntime";
import { elsewhere, loggedNodes } from "./placement";

const warnings: string[] = [];
const open = (options: DeviceOptions = {}): Promise<DeviceRuntime> => openDevice(testEnvironment(), providers.webgpu, { onWarning: (message) => warnings.push(message), ...options });

describe.skipIf(!hasSwiftShader || !hasShared)("generation on WebGPU", { timeout: 120_000 }, () => {
  interface Family { answer(runtime: DeviceRuntime, candidates: readonly Candidate[], onToken?: () => void): Promise<Record<string, number[]>>; readonly adapter: Adapter; readonly expected: Record<"base" | "lora", number[]>; readonly vocabulary: number }
  const family = async (name: string): Promise<Family> => {
    const at = (part: string): string => shared("golden", "arch", name, part), folder = openFolder(at("base")), model = await loadModel(folder);
    const greedy = sharedJson<{ prompt: number[]; base: { tokens: number[] }; lora: { tokens: number[] } }>("golden", "arch", name, "greedy.json");
    return {
      vocabulary: model.config.vocabularySize, expected: { base: greedy.base.tokens, lora: greedy.lora.tokens },
      adapter: await loadAdapter(openFolder(at("adapter_init")), { config: model.config, name }),
      answer: async (runtime, candidates, onToken = () => {}) => {
        const generator = new Generator(runtime, { folder, ...model, eosIds: [], tokenizer: { decode: (ids) => ids.join(" ") } }), answers: Record<string, number[]> = {};
        for await (const event of generator.generate({ prompts: [greedy.prompt], candidates, settings: { ...greedySettings, max_new_tokens: greedy.base.tokens.length } })) {
          if (event.kind === "end") answers[candidates[event.candidate]!.name] = event.ids;
          else if (event.candidate === 0) onToken();
        }
        await generator.close();
        return answers;
      },
    };
  };

  // Sliding windows and soft caps; partial rotation, a fused projection and a parallel block beside it.
  test.each(["gemma2", "gpt_neox"])("%s with an adapter: the golden text, and no node elsewhere", async (name) => {
    const { answer, adapter, expected } = await family(name), logs = mkdtempSync(join(tmpdir(), "tunesmith-generation-")), runtime = await open({ logTo: join(logs, "log"), replay: false });
    expect(await answer(runtime, [{ name: "base" }, { name: "lora", adapter }])).toEqual(expected);
    await runtime.close();
    const nodes = loggedNodes(logs, "log");
    expect(nodes.length).toBeGreaterThan(500);
    expect(nodes.filter(elsewhere)).toEqual([]);
  });

  test("a token costs the transfer of its logits and of a mask; replays agree with runs that are not", async () => {
    const { answer, adapter, expected, vocabulary } = await family("llama"), runtime = await open(), environment = testEnvironment();
    const write = vi.spyOn(environment, "write"), read = vi.spyOn(environment, "read"), perToken: number[] = [];
    const bytes = (): number => [...write.mock.calls.map(([data]) => data), ...read.mock.calls.map(([, data]) => data)].reduce((total, { byteLength }) => total + byteLength, 0);
    warnings.length = 0;
    let before = 0;
    const answers = await answer(runtime, [{ name: "base" }, { name: "lora", adapter }], () => perToken.push(-before + (before = bytes())));
    vi.restoreAllMocks();
    expect(answers).toEqual(expected);
    expect(warnings).toEqual([]);
    // The first tokens bring the prompt and the adapter and compare replays.
    const steady = perToken.slice(4), rows = 2, capacity = 64, ids = 400;
    expect(steady.length).toBeGreaterThan(8);
    expect(Math.max(...steady)).toBeLessThan(rows * (4 * vocabulary + 4 * capacity) + ids);
    expect(perToken[0]! + perToken[1]!).toBeGreaterThan(100 * steady[0]!);
    await runtime.close();
  });

  test("one answer after the other, in other shapes and with another adapter of the same shape", async () => {
    const { answer, adapter, expected } = await family("llama"), runtime = await open(), zeros = { ...adapter, parameters: new Float32Array(adapter.parameters.length) };
    for (const [candidate, tokens] of [[zeros, expected.base], [adapter, expected.lora], [zeros, expected.base]] as const) expect(await answer(runtime, [{ name: "one", adapter: candidate }])).toEqual({ one: tokens });
    await runtime.close();
  });

  test("what `tunesmith generate` and `score` answer with the stored adapter of stories260K", async () => {
    const base = shared("golden", "models", "stories260K"), adapter = shared("golden", "finetune_stories260K", "adapter_final"), inference = new Inference(() => open());
    const curve = sharedJson<{ heldout_nll_per_example_after: number[]; greedy_after_training_on_heldout_prompts: { new_ids: number[] }[] }>("golden", "finetune_stories260K", "curve.json");
    const rows = sharedText("golden", "finetune_stories260K", "heldout.jsonl").trim().split("\n").slice(0, 2), data = join(temporaryFolder(), "heldout.jsonl");
    const prompts = rows.map((row) => (JSON.parse(row) as { messages: { role: "user" | "assistant"; content: string }[] }).messages.slice(0, 1));
    writeFileSync(data, `${rows.join("\n")}\n`);
    const answers = await inference.answer({ base, prompts, models: [{ name: "tuned", adapter }], settings: { ...greedySettings, max_new_tokens: 16 } });
    [0, 1].forEach((row) => expect(answers[row]!.ids).toEqual(curve.greedy_after_training_on_heldout_prompts[row]!.new_ids.filter((id) => id !== 1).slice(0, 16)));
    const { perRow } = await inference.score({ base, data, maxLength: 512, adapter });
    perRow.forEach(({ nll }, i) => expect(nll).toBeCloseTo(curve.heldout_nll_per_example_after[i]!, 4));
    await inference.close();
  });
});
