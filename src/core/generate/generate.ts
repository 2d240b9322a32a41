/** Answers prompts with a base and any of its adapters in one batch, token by token. */
import { UserError } from "../errors";
import { type Base } from "../model/base";
import { seededRandom } from "../random";
import { type Runtime } from "../runtime";
import { SessionCache } from "../train/stepper";
import { type Candidate, type Group, groupCandidates } from "./adapters";
import { DeviceMemory } from "./deviceTexts";
import { sample, type SamplerSettings, topLogprobs } from "./sampler";
import { HostTexts, rotaryLength, switchesFactors, type Texts } from "./texts";

export interface GenerationRequest {
  /** Token ids; every candidate answers every prompt. */
  readonly prompts: readonly (readonly number[])[];
  readonly candidates: readonly Candidate[];
  readonly settings: SamplerSettings;
  /** Report this many most likely tokens at each position. */
  readonly logprobs?: number;
  readonly signal?: AbortSignal;
}

/** `prompt` and `candidate` are indices into the request. */
export type GenerationEvent =
  /** text: what is new since the last event and safe to append (whole characters only). */
  | { kind: "token"; prompt: number; candidate: number; id: number; text: string; logprobs?: { id: number; logprob: number }[] }
  | { kind: "end"; prompt: number; candidate: number; ids: number[]; text: string; finish: "stop" | "length" | "cancelled"; firstTokenMs: number; tokensPerSecond: number };

type GenerationBase = Pick<Base, "folder" | "config" | "weights" | "eosIds"> & { readonly tokenizer: Pick<Base["tokenizer"], "decode"> };

/** One row of the batch: a prompt with a candidate. */
interface Row { readonly prompt: number; readonly candidate: number; readonly ids: number[]; readonly next: (logits: Float32Array) => number; shown: string; firstTokenMs: number; done: boolean }

export class Generator {
  private readonly sessions: SessionCache;
  /** Left out on the CPU. */
  private readonly memory: DeviceMemory | undefined;

  constructor(runtime: Runtime, private readonly base: GenerationBase) {
    // One row against 4-bit weights: packed 0.1 ms a matrix of 0.9 million, as they lie 5 ms. Each graph has its own copy of them, so few are kept.
    const packed = [...base.weights.values()].some(({ blocks }) => blocks !== undefined);
    this.sessions = new SessionCache(runtime, base.folder.path, packed ? 3 : undefined, packed);
    this.memory = runtime.graphics && new DeviceMemory(runtime.graphics, base.config, this.sessions);
  }

  /** Candidates that cannot share a batch answer one group after the other; so do prompts where the rotation depends on how long a text is. */
  async *generate(request: GenerationRequest): AsyncGenerator<GenerationEvent, void, void> {
    const { config } = this.base, { prompts } = request, longest = Math.max(...prompts.map((prompt) => prompt.length));
    if (prompts.some((prompt) => prompt.length === 0)) throw new UserError("BAD_ARGUMENT", "The prompt is empty.", "Write something for the model to answer.");
    if (longest >= config.maxPositions) throw new UserError("BAD_ARGUMENT", `The prompt has ${longest} tokens; this base holds ${config.maxPositions}.`, "Shorten the prompt.");
    const together = rotaryLength(config, longest + request.settings.max_new_tokens) === 0, all = prompts.map((_, prompt) => prompt);
    for (const group of groupCandidates(this.base, request.candidates)) for (const which of together ? [all] : all.map((prompt) => [prompt])) yield* this.answer(request, group, which);
  }

  close(): Promise<void> { return this.memory?.clear() ?? this.sessions.close(); }

  /** `which`: the prompts of this batch. */
  private async *answer({ prompts, settings, logprobs, signal }: GenerationRequest, group: Group, which: readonly number[]): AsyncGenerator<GenerationEvent, void, void> {
    const { config, eosIds } = this.base, started = performance.now(), ends = new Set(eosIds);
    const rows: Row[] = group.candidates.flatMap((candidate) => which.map((prompt) => {
      const random = seededRandom(`${settings.seed}/${prompt}`);
      return { prompt, candidate, ids: [], next: (logits: Float32Array) => sample(logits, settings, random), shown: "", firstTokenMs: 0, done: false };
    }));
    const longest = Math.min(config.maxPositions, Math.max(...which.map((prompt) => prompts[prompt]!.length)) + settings.max_new_tokens);
    let texts = await this.start(group, rows.length, longest), pending = rows.map(({ prompt }) => [...prompts[prompt]!]);
    while (rows.some(({ done }) => !done)) {
      const held = Math.max(...texts.lengths);
      if (held > 0 && switchesFactors(config, held, held + 1)) {
        texts = await this.start(group, rows.length, longest);
        pending = rows.map(({ prompt, ids }) => [...prompts[prompt]!, ...ids]);
      }
      const logits = await texts.extend(pending);
      for (const [b, row] of rows.entries()) {
        if (row.done) continue;
        const own = logits.subarray(b * config.vocabularySize, (b + 1) * config.vocabularySize), id = row.next(own);
        if (row.ids.length === 0) row.firstTokenMs = performance.now() - started;
        const stop = ends.has(id);
        if (!stop) {
          row.ids.push(id);
          yield { kind: "token", prompt: row.prompt, candidate: row.candidate, id, text: this.newText(row), ...(logprobs && { logprobs: topLogprobs(own, logprobs) }) };
        }
        const full = row.ids.length >= settings.max_new_tokens || texts.lengths[b]! + 1 >= config.maxPositions;
        if (!stop && !full && !signal?.aborted) continue;
        row.done = true;
        yield this.endOf(row, stop ? "stop" : full ? "length" : "cancelled", performance.now() - started);
      }
      // Rows that have ended go along with any token; nobody reads what follows.
      pending = rows.map(({ ids, done }) => [done ? 0 : ids.at(-1)!]);
    }
  }

  /** longest: how many positions the texts may reach. */
  private start(group: Group, rows: number, longest: number): Promise<Texts> {
    return this.memory ? this.memory.texts(group, rows, longest) : Promise.resolve(new HostTexts(this.base.config, this.sessions, group, rows));
  }

  private newText(row: Row): string {
    const text = this.base.tokenizer.decode(row.ids, { skipSpecialTokens: true });
    // A character whose bytes are not all there yet decodes to U+FFFD: wait for the rest.
    if (text.endsWith("\uFFFD") || !text.startsWith(row.shown)) return "";
    const fresh = text.slice(row.shown.length);
    row.shown = text;
    return fresh;
  }

  private endOf(row: Row, finish: "stop" | "length" | "cancelled", elapsedMs: number): GenerationEvent {
    const text = this.base.tokenizer.decode(row.ids, { skipSpecialTokens: true }), seconds = (elapsedMs - row.firstTokenMs) / 1000;
    return { kind: "end", prompt: row.prompt, candidate: row.candidate, ids: [...row.ids], text, finish, firstTokenMs: row.firstTokenMs, tokensPerSecond: seconds > 0 ? Math.max(0, row.ids.length - 1) / seconds : 0 };
  }
}
