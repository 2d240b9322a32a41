/** What every dataset format becomes: a conversation whose parts remember where in the line they came from. */
import { type Span } from "./problem";

export type FormatName = "alpaca" | "openai-chat";

export type Role = "system" | "user" | "assistant" | "tool";

export interface Message {
  readonly role: Role;
  readonly content: string;
  /** Where the JSON string literal of `content` stands in its line, quotes included. */
  readonly span: Span;
  /** Whether the loss sees this message; only assistant messages may be trained (OpenAI's `weight: 0` switches one off). */
  readonly trained: boolean;
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
