/** What every dataset format becomes: a conversation (or bare text) whose parts remember where in the file they came from. */
import { type Span } from "./problem";

export type FormatName =
  | "alpaca" | "openai-chat" | "sharegpt" | "dolly" | "openorca" | "evol-instruct" | "prompt-completion" | "question-answer" | "self-instruct" | "natural-instructions"
  | "flan" | "flan-cot" | "oasst-tree" | "oasst-thread" | "oasst-messages" | "llama-factory-v1" | "axolotl-segments" | "axolotl-pairs" | "text"
  | "preference" | "openai-preference" | "comparison" | "kto" | "mapped";

export type Role = "system" | "user" | "assistant" | "tool";

export interface Message {
  readonly role: Role;
  readonly content: string;
  /** Where the JSON value of `content` stands in its line, quotes included; for an answer that is only tool calls, where those stand. */
  readonly span: Span;
  /** The line of `span`, from 0, where it is not the record's. */
  readonly line?: number;
  /** Whether the loss sees this message; only assistant messages may be trained (OpenAI's `weight: 0` switches one off). */
  readonly trained: boolean;
  /** Half-open ranges of `content`, in UTF-16 units and in order, where only these are trained (Axolotl's `train_detail`). */
  readonly trainedParts?: readonly Span[];
  /** OpenAI's keys that chat templates also read. */
  readonly name?: string;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: string;
  /** The thoughts of a reasoning model (`reasoning_content`, also written `reasoning` or `thinking`). */
  readonly reasoning_content?: string;
}

export interface DatasetRecord {
  /** Line number from 0 in the file; of an element of a JSON array, where it begins. */
  readonly line: number;
  /** Which record of its row, from 0, where a row holds several (instances of a task, ways through a tree). */
  readonly part?: number;
  readonly format: FormatName;
  readonly messages: readonly Message[];
  /** Instruction, input and answer, kept apart because the Alpaca prompt template lays them out itself. */
  readonly alpaca?: { readonly instruction: string; readonly input: string; readonly output: string };
  /** The messages are no conversation but text that no template is applied to: a whole text, which gets the base's BOS and end token, or pieces that bring their own. */
  readonly bare?: "text" | "pieces";
  readonly tools?: unknown;
  /** The answer that was not preferred; never trained on. */
  readonly rejected?: readonly Message[];
}
