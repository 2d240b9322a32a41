/** One playground's conversation and the worker that answers: asks it, gathers the tokens, keeps every exchange. Knows no webview; tells its listener. */
import { isUserError } from "../../core/errors";
import { type PlaygroundClient } from "../../project/client";
import { clampSettings, type Exchange, type PlaygroundAnswer, type PlaygroundUpdate, type SendRequest } from "../../protocol/playground";

/** Tokens leave in batches, at most so often (ms). */
const BATCH_MS = 50;

/** A model asked: its name, and its adapter's folder unless it is the base. */
export interface AskedModel { readonly name: string; readonly adapter?: string }

export interface SessionParts {
  start(): Promise<PlaygroundClient>;
  /** Folder of a base by its id; throws where there is none. */
  baseFolder(base: string): string;
  adapterName(adapter: string): string;
  /** The prompt template that the adapters were tuned with; undefined leaves it to the base. */
  template(adapters: readonly string[]): string | undefined;
  tell(update: PlaygroundUpdate): void;
  /** A bug, not a failure that the page shows. */
  onBug(error: unknown): void;
}

export class PlaygroundSession {
  private client: Promise<PlaygroundClient> | undefined;
  private asking: AbortController | undefined;
  private lastRequest: SendRequest | undefined;
  private parts: { answer: number; text: string }[] = [];
  private due: ReturnType<typeof setTimeout> | undefined;
  state: "idle" | "starting" | "generating" = "idle";

  constructor(readonly exchanges: Exchange[], private readonly world: SessionParts) {}

  async send(request: SendRequest): Promise<void> {
    if (this.asking) return;
    const controller = this.asking = new AbortController();
    this.lastRequest = request;
    this.retireRestarts();
    const models: AskedModel[] = [{ name: request.base === "starter" ? "starter" : request.base.split(/[\\/]/).filter(Boolean).at(-1) ?? request.base }, ...request.adapters.map((adapter) => ({ name: this.world.adapterName(adapter), adapter }))];
    const exchange: Exchange = {
      id: Math.max(0, ...this.exchanges.map(({ id }) => id)) + 1, prompt: request.prompt, system: request.system, base: request.base, settings: clampSettings(request.settings), failure: null,
      answers: models.map(({ name, adapter }): PlaygroundAnswer => ({ model: name, kind: adapter === undefined ? "base" : "adapter", text: "", state: "waiting", finish: null, tokens: null, firstTokenMs: null, tokensPerSecond: null })),
    };
    this.exchanges.push(exchange);
    this.world.tell({ type: "exchange", exchange });
    try {
      await this.ask(exchange, models, controller.signal);
    } catch (error) {
      this.end(exchange, controller.signal.aborted ? undefined : error);
    } finally {
      this.asking = undefined;
      this.flush(exchange);
      this.world.tell({ type: "exchange", exchange });
      this.become("idle");
    }
  }

  stop(): void { this.asking?.abort(); }

  /** Another worker, and the last prompt once more. */
  async restart(): Promise<void> {
    await this.dropClient();
    const request = this.lastRequest;
    const last = this.exchanges.at(-1);
    if (!request || !last?.failure) return;
    this.exchanges.pop();
    this.world.tell({ type: "session", exchanges: this.exchanges });
    await this.send(request);
  }

  clear(): void {
    this.stop();
    this.exchanges.length = 0;
    this.world.tell({ type: "session", exchanges: this.exchanges });
  }

  dispose(): void {
    this.stop();
    clearTimeout(this.due);
    void this.dropClient();
  }

  private async ask(exchange: Exchange, models: AskedModel[], signal: AbortSignal): Promise<void> {
    this.become("starting");
    const base = this.world.baseFolder(exchange.base);
    const client = await this.connect();
    if (signal.aborted) throw new Error("stopped before it was asked");
    const template = this.world.template(models.flatMap(({ adapter }) => adapter ?? []));
    const answers = await client.generate({
      base, models, settings: exchange.settings, ...(template !== undefined && { template }),
      messages: [...(exchange.system ? [{ role: "system" as const, content: exchange.system }] : []), { role: "user", content: exchange.prompt }],
    }, ({ model, text }) => {
      const answer = exchange.answers[model];
      // Late tokens of a stopped answer say nothing any more.
      if (!answer || signal.aborted) return;
      if (this.state !== "generating") this.become("generating");
      answer.state = "streaming";
      answer.text += text;
      this.parts.push({ answer: model, text });
      this.due ??= setTimeout(() => this.flush(exchange), BATCH_MS);
    }, signal);
    answers.forEach((answer, index) => {
      const shown = exchange.answers[index];
      if (shown) Object.assign(shown, { text: answer.text, state: "done", finish: answer.finish, tokens: answer.ids.length, firstTokenMs: answer.firstTokenMs, tokensPerSecond: answer.tokensPerSecond } satisfies Partial<PlaygroundAnswer>);
    });
  }

  /** `error` undefined: the person stopped it, and what was said so far stays. */
  private end(exchange: Exchange, error: unknown): void {
    for (const answer of exchange.answers) if (answer.state !== "done") answer.state = error === undefined ? "stopped" : "failed";
    if (error === undefined || (isUserError(error) && error.code === "CANCELLED")) return;
    if (isUserError(error)) {
      const restart = error.code === "WORKER_EXITED" || error.code === "WORKER_NOT_STARTED";
      exchange.failure = { what: error.what, next: restart ? "Restart starts it again and asks once more. If it ends again, the model may be too large for this machine's memory." : error.next, restart };
    } else {
      exchange.failure = { what: `The answer failed unexpectedly: ${error instanceof Error ? error.message : String(error)}`, next: "The Tunesmith log has the details.", restart: true };
      this.world.onBug(error);
    }
  }

  /** Restart asks the last prompt again, so an earlier one no longer offers it. */
  private retireRestarts(): void {
    for (const exchange of this.exchanges) {
      if (!exchange.failure?.restart) continue;
      exchange.failure = { ...exchange.failure, restart: false };
      this.world.tell({ type: "exchange", exchange });
    }
  }

  private async connect(): Promise<PlaygroundClient> {
    if (this.client && !(await this.client.then(({ alive }) => alive, () => false))) this.client = undefined;
    this.client ??= this.world.start();
    return this.client;
  }

  private async dropClient(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.then((each) => each.dispose(), () => undefined);
  }

  private become(state: typeof this.state): void {
    this.state = state;
    this.world.tell({ type: "state", state });
  }

  private flush(exchange: Exchange): void {
    clearTimeout(this.due);
    this.due = undefined;
    if (this.parts.length > 0) this.world.tell({ type: "tokens", exchange: exchange.id, parts: this.parts });
    this.parts = [];
  }
}
