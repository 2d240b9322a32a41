/** Generation over the growing cache agrees with full forward passes, row by row, however rows are batched. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GenerationEvent, Generator } from "../../../src/core/generate/generate";
import { argmax, greedySettings, sample, topLogprobs } from "../../../src/core/generate/sampler";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { type Base, loadBase } from "../../../src/core/model/base";
import { seededRandom } from "../../../src/core/random";
import { type Runtime } from "../../../src/core/runtime";
import { frozenParameters, logitsAt } from "../../../src/core/train/graphs";
import { runConfigSchema } from "../../../src/core/train/runConfig";
import { initialState } from "../../../src/core/train/initial";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";
import { makeTinyBase, type TinyBase } from "../../tinyBase";

let folder: TinyBase, base: Base, runtime: Runtime;
beforeAll(async () => {
  folder = makeTinyBase({ dtype: "F16" });
  base = { ...(await loadBase(openFolder(folder.path))), eosIds: [] };
  runtime = await createOrtRuntime({ threads: 1 });
});
afterAll(() => folder.remove());

async function collect(request: Parameters<Generator["generate"]>[0], over: Partial<Base> = {}): Promise<GenerationEvent[]> {
  const generator = new Generator(runtime, { ...base, ...over }), events: GenerationEvent[] = [];
  for await (const event of generator.generate(request)) events.push(event);
  await generator.close();
  return events;
}
const ends = (events: GenerationEvent[]) => events.filter((event) => event.kind === "end");

/** Greedy continuation by running the whole text again for every token. */
async function greedyByHand(prompt: number[], count: number): Promise<number[]> {
  const ids = [...prompt], V = base.config.vocabularySize;
  while (ids.length < prompt.length + count) {
    const T = ids.length, session = await runtime.createSession(writeOnnx(lower({ logits: logitsAt(frozenParameters(base.weights), base.config, { B: 1, T, K: 1 }) })), { weightsFolder: folder.path });
    const { logits } = await session.run({ tokens: { dtype: "int64", dims: [1, T], data: BigInt64Array.from(ids, BigInt) }, lossRows: { dtype: "int64", dims: [1], data: BigInt64Array.of(BigInt(T - 1)) } });
    await session.release();
    ids.push(argmax((logits!.data as Float32Array).subarray(0, V)));
  }
  return ids.slice(prompt.length);
}

test("prompts of different lengths in one batch, past a growth of the cache, equal full forward passes", async () => {
  const prompts = [[257, 72, 105, 258], [257, ...Array<number>(50).fill(0).map((_, i) => 60 + (i * 7) % 60), 258]];
  const events = await collect({ prompts, candidates: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: 20 } });
  for (const event of ends(events)) expect(event.ids).toEqual(await greedyByHand(prompts[event.prompt]!, 20));
  expect(ends(events)).toHaveLength(2);
});

test("where the rotation depends on the length of a text, a prompt's answer does not depend on the prompts beside it", async () => {
  const prompts = [[257, 72, 105, 258], [257, ...Array<number>(20).fill(0).map((_, i) => 60 + (i * 7) % 60), 258]], settings = { ...greedySettings, max_new_tokens: 16 };
  const factors = { shortFactors: [1, 1], longFactors: [2, 30], originalPositions: 16, attentionFactor: 1.2 };
  for (const rope of [{ kind: "dynamic", theta: 100, factor: 4, maxPositions: 16 }, { kind: "longrope", theta: 100, ...factors }] as const) {
    const config = { ...base.config, layers: base.config.layers.map(() => ({ rope })) }, ask = (some: number[][]) => collect({ prompts: some, candidates: [{ name: "base" }], settings }, { config });
    const [together, ...alone] = await Promise.all([ask(prompts), ...prompts.map((prompt) => ask([prompt]))]);
    expect(ends(together).map(({ ids }) => ids), rope.kind).toEqual(alone.map((events) => ends(events)[0]!.ids));
    expect(ends(together).map(({ prompt }) => prompt)).toEqual([0, 1]);
  }
});

test("an untrained adapter answers as the base, a trained one beside it does not", async () => {
  const { adapter } = await initialState(base, runConfigSchema.parse({ data: "x", lora: { r: 3, lora_alpha: 6, target_modules: ["q_proj", "down_proj"] } }));
  const trained = { ...adapter, parameters: adapter.parameters.map((_, i) => Math.sin(i)) };
  const [plain, fresh, other] = ends(await collect({ prompts: [[257, 72, 258]], candidates: [{ name: "base" }, { name: "fresh", adapter }, { name: "trained", adapter: trained }], settings: { ...greedySettings, max_new_tokens: 12 } }));
  expect(fresh!.ids).toEqual(plain!.ids);
  expect(other!.ids).not.toEqual(plain!.ids);
});

test("streamed pieces join to the text, and an end token stops without showing", async () => {
  const request = { prompts: [[257, 72, 258]], candidates: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: 12 }, logprobs: 2 };
  const events = await collect(request), [end] = ends(events), tokens = events.filter((event) => event.kind === "token");
  expect(end).toMatchObject({ finish: "length", text: base.tokenizer.decode(end!.ids, { skipSpecialTokens: true }) });
  expect(end!.text.startsWith(tokens.map(({ text }) => text).join(""))).toBe(true);
  expect(tokens.every(({ id, logprobs }) => logprobs!.length === 2 && logprobs![0]!.id === id)).toBe(true);
  const stopAt = end!.ids[4]!, [stopped] = ends(await collect(request, { eosIds: [stopAt] }));
  expect(stopped).toMatchObject({ finish: "stop", ids: end!.ids.slice(0, end!.ids.indexOf(stopAt)) });
});

test("the seed decides a sampled answer; cancelling ends it", async () => {
  const settings = { temperature: 1, top_p: 0.95, top_k: 50, seed: 3, max_new_tokens: 16 }, request = { prompts: [[257, 72, 258]], candidates: [{ name: "base" }] };
  const [a, b, c] = [ends(await collect({ ...request, settings })), ends(await collect({ ...request, settings })), ends(await collect({ ...request, settings: { ...settings, seed: 4 } }))].map(([end]) => end!.ids);
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
  const [cancelled] = ends(await collect({ ...request, settings, signal: AbortSignal.abort() }));
  expect(cancelled).toMatchObject({ finish: "cancelled", ids: [a![0]] });
});

test("a prompt longer than the base holds, or empty, is refused with a next step", async () => {
  const ask = (prompt: number[]) => collect({ prompts: [prompt], candidates: [{ name: "base" }], settings: greedySettings });
  await expect(ask(Array<number>(256).fill(65))).rejects.toMatchObject({ code: "BAD_ARGUMENT", what: expect.stringContaining("256 tokens") as string });
  await expect(ask([])).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
});

test("sampling keeps to top_k and top_p, and log-probabilities sum to one", () => {
  const logits = Float32Array.from([0, 3, 1, 2, -1]), random = seededRandom("sampler");
  const draw = (settings: { temperature: number; top_p: number; top_k: number }): Set<number> => new Set(Array.from({ length: 400 }, () => sample(logits, settings, random)));
  expect(draw({ temperature: 0, top_p: 1, top_k: 0 })).toEqual(new Set([1]));
  expect(draw({ temperature: 1, top_p: 1, top_k: 2 })).toEqual(new Set([1, 3]));
  expect(draw({ temperature: 1, top_p: 0.6, top_k: 0 })).toEqual(new Set([1])); // e³ / Σ ≈ 0.63
  expect(draw({ temperature: 2, top_p: 1, top_k: 0 }).size).toBe(5);
  expect(topLogprobs(logits, 5).reduce((total, { logprob }) => total + Math.exp(logprob), 0)).toBeCloseTo(1, 6);
});
