/** What a format is to a conversion: how a record is written in it, and what is lost on the way. */
import { type DatasetRecord, type FormatName, type Message } from "../record";

/** Says what of the record the format cannot hold. `leavesOut`: the record is not written at all. */
export type Lose = (what: string, leavesOut?: boolean) => void;

export interface Target {
  readonly name: FormatName;
  /** What it holds, in a few words, for whoever chooses. */
  readonly holds: string;
  /** Whether every value is a text, so that rows fit into a table. */
  readonly flat: boolean;
  /** One row; undefined where the record cannot be written. `all` are the file's records, for choices that all rows share. */
  write(record: DatasetRecord, lose: Lose, all: readonly DatasetRecord[]): Readonly<Record<string, unknown>> | undefined;
}

export const UNTRAINED = "which answers are not trained (all of them will be)";
export const PARTS = "which parts of an answer are trained (all of it will be)";
export const SPLIT = "the line between instruction and input (they are joined by an empty line)";
export const SYSTEM = "system messages";
export const TOOLS = "descriptions of tools";
export const CALLS = "calls of tools and their results";
export const TURNS = "conversations of several turns, or in another order than question and answer";
export const BARE = "text without a question and an answer";
export const TALK = "conversations (without a base's template they are no plain text)";
export const THOUGHTS = "thoughts of reasoning models";
export const NAMES = "names of speakers";
export const CALL_IDS = "ids of tool calls";
export const REJECTED = "rejected answers";
export const ONLY_LAST = "that earlier answers are trained too (only the last one will be)";
export const NO_REJECTED = "rows without a rejected answer";
export const LAST_UNTRAINED = "answers that are not to be trained, as the only answer";

export interface Turns { readonly system: Message | undefined; readonly pairs: readonly (readonly [question: Message, answer: Message])[] }

/** The conversation as questions with answers; undefined where it is none, which is told. */
export const turnsOf = ({ messages, bare, rejected, tools }: DatasetRecord, lose: Lose, { tools: holdsTools = false } = {}): Turns | undefined => {
  if (bare) return lose(BARE, true) as undefined;
  if (messages.some(({ role, tool_calls }) => role === "tool" || tool_calls !== undefined)) return lose(CALLS, true) as undefined;
  const [first] = messages;
  const rest = first?.role === "system" ? messages.slice(1) : messages;
  // Nothing is learned from what follows the last answer.
  const end = rest.findLastIndex(({ role }) => role === "assistant") + 1;
  const pairs: [Message, Message][] = [];
  for (let index = 0; index < end; index += 2) {
    const [question, answer] = [rest[index]!, rest[index + 1]];
    if (question.role !== "user" || answer?.role !== "assistant") return lose(TURNS, true) as undefined;
    pairs.push([question, answer]);
  }
  if (!pairs.at(-1)?.[1].trained) return lose(LAST_UNTRAINED, true) as undefined;
  if (end < rest.length) lose("what follows the last answer");
  if (rest.some(({ trainedParts }) => trainedParts)) lose(PARTS);
  if (rest.some(({ reasoning_content }) => reasoning_content !== undefined)) lose(THOUGHTS);
  if (messages.some(({ name }) => name !== undefined)) lose(NAMES);
  if (rejected) lose(REJECTED);
  if (tools !== undefined && !holdsTools) lose(TOOLS);
  return { system: first?.role === "system" ? first : undefined, pairs };
};
