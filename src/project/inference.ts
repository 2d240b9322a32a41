/** Answering prompts and scoring datasets with a base and adapters, for the playground's worker and the command line; keeps the last base open. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../core/errors";
import { type Candidate } from "../core/generate/adapters";
import { Generator } from "../core/generate/generate";
import { type SamplerSettings } from "../core/generate/sampler";
import { loadAdapter, type Adapter } from "../core/model/adapter/adapter";
import { type Base } from "../core/model/base";
import { type Precision, precisionKey } from "../core/model/weights/precision";
import { type Runtime } from "../core/runtime";
import { chooseTemplate, renderPrompt } from "../core/text/template";
import { score } from "../core/train/score";
import { openFolder } from "../node/files";
import { type Answer, type GenerateParams, type RowScore, type ScoreParams, type ScoreResult, type TokenProgress } from "../protocol/worker";
import { openBase } from "./base";
import { readExamples } from "./examples";
import { sharedPrecision } from "./runs";

export type Prompt = GenerateParams["messages"];

/** As GenerateParams, for several prompts that are answered in one batch. */
export interface AnswerRequest extends Omit<GenerateParams, "messages"> {
  readonly prompts: readonly Prompt[];
  /** Report this many most likely tokens at each position. */
  readonly logprobs?: number;
}

export interface TopLogprob { readonly id: number; readonly logprob: number }
export type AnswerWithLogprobs = Answer & { readonly logprobs?: readonly (readonly TopLogprob[])[] };

interface OpenBase { readonly key: string; readonly base: Base; readonly generator: Generator; readonly adapters: Map<string, Adapter> }

export class Inference {
  private runtime: Promise<Runtime> | undefined;
  private open: OpenBase | undefined;
  /** One request at a time: they share the base's sessions. */
  private last: Promise<unknown> = Promise.resolve();

  /** `onPreparing` gets a line for the user where opening a base takes a copy of it. */
  constructor(private readonly openRuntime: () => Promise<Runtime>, private readonly onPreparing?: (text: string) => void) {}

  /** Answers one conversation, in the order of `models`. Throws the engine's UserErrors and CANCELLED. */
  generate({ messages, ...rest }: GenerateParams, onToken?: (token: TokenProgress) => void, signal?: AbortSignal): Promise<Answer[]> {
    return this.answer({ ...rest, prompts: [messages] }, onToken, signal);
  }

  /** Answers of every model to the first prompt, then to the second, and so on. */
  answer(request: AnswerRequest, onToken?: (token: TokenProgress) => void, signal?: AbortSignal): Promise<AnswerWithLogprobs[]> {
    return this.inTurn(async () => {
      checkSettings(request.settings);
      const { base, generator, adapters } = await this.baseOf(request.base, request.precision ?? await sharedPrecision(request.models.flatMap(({ adapter }) => adapter ?? [])));
      const candidates: Candidate[] = [];
      for (const { name, adapter } of request.models) candidates.push({ name, ...(adapter !== undefined && { adapter: await adapterOf(adapters, adapter, base) }) });
      const prompts = request.prompts.map((messages) => promptIds(base, messages, request));
      const answers: AnswerWithLogprobs[] = [];
      const logprobs = prompts.map(() => candidates.map((): TopLogprob[][] => []));
      for await (const event of generator.generate({ prompts, candidates, settings: request.settings, ...(request.logprobs && { logprobs: request.logprobs }), ...(signal && { signal }) })) {
        if (signal?.aborted) throw cancelled();
        if (event.kind === "token") {
          onToken?.({ model: event.candidate, id: event.id, text: event.text });
          if (event.logprobs) logprobs[event.prompt]![event.candidate]!.push(event.logprobs);
        } else if (event.finish !== "cancelled") {
          const { ids, text, finish, firstTokenMs, tokensPerSecond } = event;
          const prompt = request.prompts[event.prompt]!.at(-1)?.content ?? "";
          answers[event.prompt * candidates.length + event.candidate] = {
            prompt, model: candidates[event.candidate]!.name, text, ids, finish, firstTokenMs, tokensPerSecond,
            ...(request.logprobs && { logprobs: logprobs[event.prompt]![event.candidate]! }),
          };
        }
      }
      if (signal?.aborted) throw cancelled();
      return answers;
    });
  }

  /** Scores the trained tokens of every usable row. Throws DATASET_NOT_FOUND, DATASET_NO_USABLE_ROW and the engine's UserErrors. */
  score(params: ScoreParams, signal?: AbortSignal): Promise<ScoreResult> {
    return this.inTurn(async () => {
      const { base, adapters } = await this.baseOf(params.base, params.precision ?? await sharedPrecision(params.adapter === undefined ? [] : [params.adapter]));
      const adapter = params.adapter === undefined ? undefined : await adapterOf(adapters, params.adapter, base);
      const { examples } = await readExamples(params.data, base.tokenizer, { ...(params.template !== undefined && { template: params.template }), ...(params.completionOnly !== undefined && { completionOnly: params.completionOnly }), maxLength: params.maxLength });
      const perRow: RowScore[] = [];
      for await (const row of score(await this.runtimeOf(), base, adapter, examples, signal)) {
        if (signal?.aborted) throw cancelled();
        perRow.push({ ...row, row: row.row + 1 });
      }
      if (perRow.length === 0) throw new UserError("DATASET_NO_USABLE_ROW", `No row of ${params.data} has a trained token within ${params.maxLength} tokens.`, "Raise --max-length, or check the dataset.");
      const tokens = perRow.reduce((total, row) => total + row.tokens, 0);
      const nll = perRow.reduce((total, row) => total + row.nll * row.tokens, 0) / tokens;
      return { rows: perRow.length, tokens, nll, perplexity: Math.exp(nll), perRow };
    });
  }

  async close(): Promise<void> {
    await this.open?.generator.close();
    this.open = undefined;
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => {}); // The caller of that request has its error; the next one starts all the same.
    return result;
  }

  private runtimeOf(): Promise<Runtime> {
    return (this.runtime ??= this.openRuntime());
  }

  private async baseOf(folder: string, precision: Precision): Promise<OpenBase> {
    const key = `${folder}\0${precisionKey(precision)}\0${await stamp(folder)}\0${await stamp(join(folder, "model.safetensors"))}\0${await stamp(join(folder, "config.json"))}`;
    if (this.open?.key === key) return this.open;
    await this.close();
    const base = await openBase(folder, { precision, onPreparing: this.onPreparing });
    return (this.open = { key, base, generator: new Generator(await this.runtimeOf(), base), adapters: new Map() });
  }
}

const cancelled = (): UserError => new UserError("CANCELLED", "The request was cancelled.", "Ask again when you like.");

const promptIds = (base: Base, messages: Prompt, { raw, template }: Pick<AnswerRequest, "raw" | "template">): number[] => {
  const { tokenizer } = base;
  if (!raw) return tokenizer.encode(renderPrompt([...messages], chooseTemplate(tokenizer, template)));
  const text = messages.map(({ content }) => content).join("\n");
  return tokenizer.encode(tokenizer.addsBos ? `${tokenizer.bosToken}${text}` : text);
};

const checkSettings = ({ temperature, top_p, top_k, max_new_tokens }: SamplerSettings): void => {
  const fault = !(temperature >= 0) ? "The temperature must be 0 (greedy) or more."
    : !(top_p > 0 && top_p <= 1) ? "top_p must be more than 0 and at most 1."
    : !(Number.isInteger(top_k) && top_k >= 0) ? "top_k must be a whole number, 0 for no limit."
    : !(Number.isInteger(max_new_tokens) && max_new_tokens >= 1) ? "The number of new tokens must be a whole number of at least 1." : undefined;
  if (fault) throw new UserError("BAD_ARGUMENT", fault, "Change the setting and ask again.");
};

/** A folder retrained or copied anew in the same place is another adapter. */
const adapterOf = async (adapters: Map<string, Adapter>, folder: string, base: Base): Promise<Adapter> => {
  const key = `${folder}\0${await stamp(join(folder, "adapter_model.safetensors"))}`;
  const known = adapters.get(key) ?? await loadAdapter(openFolder(folder), base);
  adapters.set(key, known);
  return known;
};

const stamp = async (path: string): Promise<string> => {
  try {
    const { mtimeMs, size } = await stat(path);
    return `${mtimeMs} ${size}`;
  } catch {
    return "none"; // Opening it will say what is missing.
  }
};
