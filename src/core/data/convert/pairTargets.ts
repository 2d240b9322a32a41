/** Formats of one question and one answer a row, as targets. */
import { type DatasetRecord } from "../record";
import { LAST_UNTRAINED, ONLY_LAST, SPLIT, SYSTEM, turnsOf, TURNS, UNTRAINED, type Lose, type Target } from "./target";

interface Single { readonly system: string | undefined; readonly instruction: string; readonly input: string; readonly output: string }

/** The one question and answer of a record. */
const single = (record: DatasetRecord, lose: Lose, holdsSystem: boolean): Single | undefined => {
  const turns = turnsOf(record, lose);
  if (!turns) return undefined;
  if (turns.pairs.length > 1) return lose(TURNS, true) as undefined;
  if (turns.system && !holdsSystem) lose(SYSTEM);
  const [question, answer] = turns.pairs[0]!;
  return { system: turns.system?.content, instruction: record.alpaca?.instruction ?? question.content, input: record.alpaca?.input ?? "", output: answer.content };
};

/** The question as one text. */
const joined = (record: DatasetRecord, lose: Lose, holdsSystem = false): Single | undefined => {
  const found = single(record, lose, holdsSystem);
  if (!found || found.input === "") return found;
  lose(SPLIT);
  return { ...found, instruction: record.messages.findLast(({ role }) => role === "user")!.content };
};

const alpaca: Target = {
  name: "alpaca", holds: "instruction, input and answer, system, earlier turns", flat: false,
  write: (record, lose) => {
    const turns = turnsOf(record, lose);
    if (!turns) return undefined;
    const [question, answer] = turns.pairs.at(-1)!;
    const history = turns.pairs.slice(0, -1).map(([asked, answered]) => [asked.content, answered.content]);
    if (turns.pairs.some(([, { trained }]) => !trained)) lose(UNTRAINED);
    return {
      instruction: record.alpaca?.instruction ?? question.content, input: record.alpaca?.input ?? "", output: answer.content,
      ...(turns.system ? { system: turns.system.content } : {}), ...(history.length > 0 ? { history } : {}),
    };
  },
};

const pair = (name: Target["name"], question: string, answer: string): Target => ({
  name, holds: "one question and its answer", flat: true,
  write: (record, lose) => {
    const found = joined(record, lose);
    return found && { [question]: found.instruction, [answer]: found.output };
  },
});

/** Whether prompt and completion are texts, or must be lists of messages. TRL's columns have one type in all rows of a file. */
const isPlain = ({ messages, tools }: DatasetRecord): boolean => tools === undefined && messages.length === 2;

const promptCompletion: Target = {
  name: "prompt-completion", holds: "texts, or lists of messages where a row has a system message or several turns; the last answer is trained", flat: false,
  write: (record, lose, all) => {
    const turns = turnsOf(record, lose, { tools: true });
    if (!turns) return undefined;
    if (record.alpaca && record.alpaca.input !== "") lose(SPLIT);
    if (turns.pairs.slice(0, -1).some(([, { trained }]) => trained)) lose(ONLY_LAST);
    const last = turns.pairs.at(-1)![1];
    if (all.every(isPlain)) return { prompt: turns.pairs[0]![0].content, completion: last.content };
    const prompt = [...(turns.system ? [turns.system] : []), ...turns.pairs.flat().slice(0, -1)];
    return { prompt: prompt.map(({ role, content }) => ({ role, content })), completion: [{ role: "assistant", content: last.content }], ...(record.tools === undefined ? {} : { tools: record.tools }) };
  },
};

export const pairTargets: readonly Target[] = [
  alpaca,
  {
    name: "dolly", holds: "instruction, context and answer", flat: true,
    write: (record, lose) => {
      const found = single(record, lose, false);
      return found && { instruction: found.instruction, context: found.input, response: found.output };
    },
  },
  {
    name: "openorca", holds: "system, question and answer", flat: true,
    write: (record, lose) => {
      const found = joined(record, lose, true);
      return found && { system_prompt: found.system ?? "", question: found.instruction, response: found.output };
    },
  },
  pair("question-answer", "question", "answer"), pair("evol-instruct", "input", "output"), pair("flan", "inputs", "targets"), promptCompletion,
  {
    name: "self-instruct", holds: "instruction, input and answer, as a task with one instance", flat: false,
    write: (record, lose) => {
      const found = single(record, lose, false);
      return found && { instruction: found.instruction, instances: [{ input: found.input, output: found.output }] };
    },
  },
  {
    name: "natural-instructions", holds: "instruction, input and answer, as a task with one instance", flat: false,
    write: (record, lose) => {
      const found = single(record, lose, false);
      return found && { Definition: [found.instruction], Instances: [{ input: found.input, output: [found.output] }] };
    },
  },
];

const side = (messages: readonly { readonly role: string; readonly content: string }[], plain: boolean): unknown => plain ? messages[0]!.content : messages.map(({ role, content }) => ({ role, content }));

/** The better answer is the last one of the record. */
export const preferenceSides = (record: DatasetRecord, lose: Lose): { readonly prompt: DatasetRecord["messages"]; readonly chosen: DatasetRecord["messages"]; readonly rejected: DatasetRecord["messages"] } | undefined => {
  const { messages, rejected } = record;
  const first = messages.findIndex(({ role, trained }) => role === "assistant" && trained);
  if (first < 0) return lose(LAST_UNTRAINED, true) as undefined;
  return { prompt: messages.slice(0, first), chosen: messages.slice(first), rejected: rejected! };
};

export const preferenceRow = (record: DatasetRecord, lose: Lose, all: readonly DatasetRecord[]): Readonly<Record<string, unknown>> | undefined => {
  const sides = preferenceSides(record, lose);
  const plain = all.every(({ messages, rejected }) => messages.length === 2 && (rejected === undefined || rejected.length === 1));
  return sides && { prompt: side(sides.prompt, plain), chosen: side(sides.chosen, plain), rejected: side(sides.rejected, plain), ...(record.tools === undefined ? {} : { tools: record.tools }) };
};
