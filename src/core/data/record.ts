/** What every dataset format becomes: a conversation whose parts remember where in the line they came from. */
import { type Span } from "./problem";

export type FormatName = "alpaca" | "openai-chat";

export type Role = "system" | "user" | "assistant" | "tool";

export interface Message {
  readonly role: Role;
  readonly content: string;
  /** Where the JSON value of `content` stands in its line, quotes included; for an answer that is only tool calls, where those stand. */
  readonly span: Span;
  /** Whether the loss sees this message; only assistant messages may be trained (OpenAI's `weight: 0` switches one off). */
  readonly trained: boolean;
  /** OpenAI's keys that chat templates also read. */
  readonly name?: string;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: string;
  /** The thoughts of a reasoning model (`reasoning_content`, also written `reasoning` or `thinking`). */
  readonly reasoning_content?: string;
}

export interface DatasetRecord {
  /** Line number from 0 in the file. */
  readonly line: number;
  readonly format: FormatName;
  readonly messages: readonly Message[];
  /** Alpaca's parts, kept apart because the Alpaca prompt template lays them out itself. */
  readonly alpaca?: { readonly instruction: string; readonly input: string; readonly output: string };
  readonly tools?: unknown;
}
