/** The client of the thread that reads rows as a base sees them: starts it when first asked, and again after it came to an end. Every question settles. */
import { Worker } from "node:worker_threads";
import { UserError } from "../core/errors";
import { type RowBasis, type RowsAnswer, type RowsRequest, type RowSummary, type RowText, type RowView } from "../protocol/rows";
import { rowsScript } from "./project";

/** A template is a program: one that runs for so long is ended with its thread. */
const LONGEST_MS = 30_000;

interface Waiting { settle(answer: RowsAnswer): void; fail(error: unknown): void }
type Question = RowsRequest extends infer R ? R extends RowsRequest ? Omit<R, "id"> : never : never;

export class RowReader {
  private thread: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly script: string = rowsScript(), private readonly longestMs = LONGEST_MS) {}

  /** In the order of the rows. Throws BASE_*, TOKENIZER_*, TEMPLATE_FAILED for a template that cannot be had, WORKER_EXITED. */
  async lint(basis: RowBasis, rows: readonly RowText[]): Promise<readonly RowSummary[]> {
    const answer = await this.ask({ type: "lint", basis, rows });
    if (answer.type !== "linted") throw new Error(`The row thread answered ${answer.type}.`);
    return answer.rows;
  }

  /** Throws as `lint` does. */
  async view(basis: RowBasis, row: RowText): Promise<RowView> {
    const answer = await this.ask({ type: "view", basis, row });
    if (answer.type !== "viewed") throw new Error(`The row thread answered ${answer.type}.`);
    return answer.view;
  }

  /** Ends the thread; a later question starts another. */
  dispose(): void {
    this.end(new UserError("CANCELLED", "The row was not read.", "Ask again."));
  }

  private ask(question: Question): Promise<RowsAnswer> {
    const id = this.next++;
    return new Promise<RowsAnswer>((settle, fail) => {
      this.waiting.set(id, { settle, fail });
      this.guard();
      (this.thread ??= this.start()).postMessage({ id, ...question });
    });
  }

  private start(): Worker {
    const thread = new Worker(this.script);
    thread.unref();
    thread.on("message", (answer: RowsAnswer) => {
      const asked = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      this.guard();
      if (answer.type !== "failed") asked?.settle(answer);
      else asked?.fail(answer.code ? new UserError(answer.code, answer.what, answer.next) : new Error(answer.what));
    });
    const ended = (why: string): void => { if (this.thread === thread) this.end(new UserError("WORKER_EXITED", `The thread that reads rows ended: ${why}.`, "Edit the row, or choose the base again, to start another.")); };
    thread.on("error", (error) => ended(error instanceof Error ? error.message : String(error)));
    thread.on("exit", (code) => ended(`exit code ${code}`));
    return thread;
  }

  /** The clock runs while something is asked, from the last answer on. */
  private guard(): void {
    clearTimeout(this.watch);
    if (this.waiting.size === 0) return;
    this.watch = setTimeout(() => this.end(new UserError("TEMPLATE_FAILED", `The base's template or tokenizer was not done with a row after ${this.longestMs / 1000} s.`, "Choose another base for diagnostics.")), this.longestMs);
    this.watch.unref();
  }

  private end(why: UserError): void {
    clearTimeout(this.watch);
    const { thread } = this;
    this.thread = undefined;
    void thread?.terminate();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { fail } of waiting) fail(why);
  }
}
