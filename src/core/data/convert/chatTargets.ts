/** Formats of conversations, bare text and preferences, as targets. */
import { type DatasetRecord, type Message } from "../record";
import { preferenceRow, preferenceSides } from "./pairTargets";
import { BARE, CALL_IDS, NAMES, NO_REJECTED, PARTS, REJECTED, SPLIT, TALK, THOUGHTS, UNTRAINED, type Lose, type Target } from "./target";

/** Axolotl's parts: characters are code points, the end is included. */
const trainDetail = ({ content, trainedParts = [] }: Message): object[] => {
  const points = (unit: number): number => [...content.slice(0, unit)].length;
  return trainedParts.map(({ start, end }) => ({ begin_offset: points(start), end_offset: points(end) - 1, train: true }));
};

/** What every list of messages has to say of a record that is none, or that has more to it. */
const isConversation = ({ bare, alpaca, rejected }: DatasetRecord, lose: Lose): boolean => {
  if (bare) {
    lose(BARE, true);
    return false;
  }
  if (alpaca && alpaca.input !== "") lose(SPLIT);
  if (rejected) lose(REJECTED);
  return true;
};

const openaiMessage = (message: Message): Record<string, unknown> => {
  const { role, content, name, tool_calls, tool_call_id, reasoning_content, trained, trainedParts } = message;
  return {
    role, content: content === "" && tool_calls !== undefined ? null : content, ...(name === undefined ? {} : { name }), ...(reasoning_content === undefined ? {} : { reasoning_content }),
    ...(tool_calls === undefined ? {} : { tool_calls }), ...(tool_call_id === undefined ? {} : { tool_call_id }),
    ...(role === "assistant" && !trained ? { weight: 0 } : {}), ...(trained && trainedParts ? { train_detail: trainDetail(message) } : {}),
  };
};

interface Call { readonly function?: { readonly name?: unknown; readonly arguments?: unknown } }

/** LLaMA-Factory's text of calls: {"name", "arguments"} with the arguments as JSON, or a list of them. */
const callText = (calls: unknown): string => {
  const plain = (Array.isArray(calls) ? calls as Call[] : []).map(({ function: called }) => ({ name: called?.name, arguments: fromJson(called?.arguments) }));
  return JSON.stringify(plain.length === 1 ? plain[0] : plain);
};
const fromJson = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
};
const hasIds = (messages: readonly Message[]): boolean => messages.some(({ tool_calls, tool_call_id }) => tool_call_id !== undefined || Array.isArray(tool_calls) && tool_calls.some((call: unknown) => typeof call === "object" && call !== null && "id" in call));

const NAMED: Readonly<Record<Message["role"], string>> = { system: "system", user: "human", assistant: "gpt", tool: "observation" };

const segmentsOrText = (record: DatasetRecord, lose: Lose): readonly Message[] | undefined => record.bare ? record.messages : lose(TALK, true) as undefined;

export const chatTargets: readonly Target[] = [
  {
    name: "openai-chat", holds: "conversations with tools, thoughts and training flags", flat: false,
    write: (record, lose) => isConversation(record, lose) ? { messages: record.messages.map(openaiMessage), ...(record.tools === undefined ? {} : { tools: record.tools }) } : undefined,
  },
  {
    name: "sharegpt", holds: "conversations with tools and training flags", flat: false,
    write: (record, lose) => {
      if (!isConversation(record, lose)) return undefined;
      const { messages, tools } = record;
      if (messages.some(({ reasoning_content }) => reasoning_content !== undefined)) lose(THOUGHTS);
      if (messages.some(({ name }) => name !== undefined)) lose(NAMES);
      if (hasIds(messages)) lose(CALL_IDS);
      const conversations = messages.flatMap((message) => {
        const { role, content, trained, trainedParts, tool_calls } = message;
        const flags = { ...(role === "assistant" && !trained ? { weight: 0 } : {}), ...(trained && trainedParts ? { train_detail: trainDetail(message) } : {}) };
        if (tool_calls === undefined) return [{ from: NAMED[role], value: content, ...flags }];
        if (content !== "") lose("words beside a call of a tool");
        return [{ from: "function_call", value: callText(tool_calls), ...flags }];
      });
      return { conversations, ...(tools === undefined ? {} : { tools: JSON.stringify(tools) }) };
    },
  },
  {
    name: "llama-factory-v1", holds: "conversations with tools, thoughts and which answers are trained", flat: false,
    write: (record, lose) => {
      if (!isConversation(record, lose)) return undefined;
      const { messages, tools } = record;
      if (messages.some(({ trainedParts }) => trainedParts)) lose(PARTS);
      if (messages.some(({ name }) => name !== undefined)) lose(NAMES);
      if (hasIds(messages)) lose(CALL_IDS);
      return {
        messages: messages.map(({ role, content, trained, reasoning_content, tool_calls }) => ({
          role, content: [
            ...(reasoning_content === undefined ? [] : [{ type: "reasoning", value: reasoning_content }]), ...(content === "" && tool_calls !== undefined ? [] : [{ type: "text", value: content }]),
            ...(tool_calls === undefined ? [] : [{ type: "tool_call", value: callText(tool_calls) }]),
          ], ...(role === "assistant" ? { loss_weight: trained ? 1 : 0 } : {}),
        })), ...(tools === undefined ? {} : { tools: JSON.stringify(tools) }),
      };
    },
  },
  {
    name: "axolotl-segments", holds: "bare text in pieces, each trained or not", flat: false,
    write: (record, lose) => {
      const pieces = segmentsOrText(record, lose);
      if (record.bare === "text") lose("that a whole text gets the base's BOS and end token (segments bring their own)");
      return pieces && { segments: pieces.map(({ trained, content }) => ({ label: trained, text: content })) };
    },
  },
  {
    name: "text", holds: "bare text, all of it trained", flat: true,
    write: (record, lose) => {
      const pieces = segmentsOrText(record, lose);
      if (pieces?.some(({ trained }) => !trained)) lose(UNTRAINED);
      if (record.bare === "pieces") lose("that segments bring their own marks (a whole text gets the base's BOS and end token)");
      return pieces && { text: pieces.map(({ content }) => content).join("") };
    },
  },
  {
    name: "preference", holds: "a prompt with a better and a worse answer", flat: false,
    write: (record, lose, all) => holdsPair(record, lose) ? preferenceRow(record, lose, all) : undefined,
  },
  {
    name: "openai-preference", holds: "a conversation with a better and a worse answer", flat: false,
    write: (record, lose) => {
      const sides = holdsPair(record, lose) ? preferenceSides(record, lose) : undefined;
      return sides && {
        input: { messages: sides.prompt.map(openaiPlain), ...(record.tools === undefined ? {} : { tools: record.tools }) }, preferred_output: sides.chosen.map(openaiPlain), non_preferred_output: sides.rejected.map(openaiPlain),
      };
    },
  },
];

/** Without flags: which side is learned is what the format says. */
const openaiPlain = (message: Message): Record<string, unknown> => openaiMessage({ ...message, trained: true, trainedParts: undefined } as Message);

const holdsPair = (record: DatasetRecord, lose: Lose): boolean => {
  if (record.bare) lose(BARE, true);
  else if (!record.rejected || record.rejected.length === 0) lose(NO_REJECTED, true);
  else {
    if (record.alpaca && record.alpaca.input !== "") lose(SPLIT);
    if (record.messages.some(({ trainedParts }) => trainedParts)) lose(PARTS);
    return true;
  }
  return false;
};
