/** What can be written at a place of a dataset's row: whole rows, keys, turns and roles of the known formats, as snippets (${1} marks where to go on). */
import { jsonContext } from "../json/jsonContext";
import { type Span } from "../problem";

export interface Completion {
  readonly label: string;
  readonly detail: string;
  /** VS Code's snippet syntax. */
  readonly snippet: string;
  readonly kind: "row" | "key" | "turn" | "value";
  /** Whether it is what probably comes next. */
  readonly likely: boolean;
}
export interface Completions { readonly replace: Span; readonly items: readonly Completion[] }

interface RowShape {
  readonly name: string; readonly title: string; readonly row: string;
  /** Its keys, each with the snippet of its value. */
  readonly keys: Readonly<Record<string, string>>;
}

const TEXT = '"$1"';
const ANSWERED = '{"role": "user", "content": "$1"}, {"role": "assistant", "content": "$2"}';
/** In the order in which they are offered. */
const shapes: readonly RowShape[] = [
  { name: "alpaca", title: "Alpaca", row: '{"instruction": "$1", "input": "$2", "output": "$3"}', keys: { instruction: TEXT, input: TEXT, output: TEXT, system: TEXT, history: '[["$1", "$2"]]' } },
  { name: "openai-chat", title: "OpenAI chat", row: `{"messages": [${ANSWERED}]}`, keys: { messages: `[${ANSWERED}]`, tools: "[$1]" } },
  { name: "sharegpt", title: "ShareGPT", row: '{"conversations": [{"from": "human", "value": "$1"}, {"from": "gpt", "value": "$2"}]}', keys: { conversations: '[{"from": "human", "value": "$1"}, {"from": "gpt", "value": "$2"}]', system: TEXT, tools: TEXT } },
  { name: "dolly", title: "Dolly", row: '{"instruction": "$1", "context": "$2", "response": "$3", "category": "$4"}', keys: { instruction: TEXT, context: TEXT, response: TEXT, category: TEXT } },
  { name: "prompt-completion", title: "Prompt and completion", row: '{"prompt": "$1", "completion": "$2"}', keys: { prompt: TEXT, completion: TEXT } },
  { name: "question-answer", title: "Question and answer", row: '{"question": "$1", "answer": "$2"}', keys: { question: TEXT, answer: TEXT } },
  { name: "axolotl-segments", title: "Axolotl segments", row: '{"segments": [{"label": false, "text": "$1"}, {"label": true, "text": "$2"}]}', keys: { segments: '[{"label": ${1|true,false|}, "text": "$2"}]' } },
  { name: "text", title: "Plain text", row: '{"text": "$1"}', keys: { text: TEXT } },
];

/** Of a list of turns: the keys of one, and the words that its role may be. */
const turnKinds: Readonly<Record<string, { role: string; text: string; roles: readonly string[]; keys: Readonly<Record<string, string>> }>> = {
  messages: {
    role: "role", text: "content", roles: ["user", "assistant", "system", "tool"],
    keys: { role: TEXT, content: TEXT, weight: "${1|0,1|}", name: TEXT, tool_calls: '[{"id": "$1", "type": "function", "function": {"name": "$2", "arguments": "$3"}}]', tool_call_id: TEXT, reasoning_content: TEXT },
  },
  conversations: { role: "from", text: "value", roles: ["human", "gpt", "system", "function_call", "observation"], keys: { from: TEXT, value: TEXT, weight: "${1|0,1|}" } },
};
const flags: Readonly<Record<string, readonly string[]>> = { weight: ["0", "1"], train: ["true", "false"], label: ["true", "false"] };

/** `known` are the formats that rows may have, `format` that of the file, if it has rows yet. Undefined where nothing can be said. */
export const completionsAt = (line: string, offset: number, known: readonly string[], format: string | undefined): Completions | undefined => {
  const offered = shapes.filter(({ name }) => known.includes(name));
  if (line.trim() === "") {
    return { replace: { start: 0, end: line.length }, items: offered.map(({ name, title, row }) => ({ label: `${title} row`, detail: row.replace(/\$\d/g, "…"), snippet: row, kind: "row", likely: name === format })) };
  }
  const context = jsonContext(line, offset);
  if (!context) return undefined;
  const { path, at, replace, keys, before } = context;
  const done = (items: readonly Completion[]): Completions | undefined => items.length === 0 ? undefined : { replace, items };
  const turns = turnKinds[String(path[0])];
  if (at === "key") {
    const followed = /^\s*:/.test(line.slice(replace.end));
    const key = (name: string, value: string, detail: string, likely: boolean): Completion => ({ label: name, detail, snippet: `"${name}"${followed ? "" : `: ${value}`}`, kind: "key", likely });
    if (path.length === 0) {
      // Until a key tells what the row is to be, the file's own format.
      const fitting = offered.filter((shape) => keys.length === 0 ? format === undefined || shape.name === format : keys.some((name) => name in shape.keys));
      const found = new Map(fitting.flatMap(({ title, keys: own }) => Object.entries(own).map(([name, value], index) => [name, key(name, value, title, index === 0)] as const)).reverse());
      return done([...found.values()].reverse().filter(({ label }) => !keys.includes(label)));
    }
    if (turns && path.length === 2) return done(Object.entries(turns.keys).filter(([name]) => !keys.includes(name)).map(([name, value], index) => key(name, name === turns.role ? `"\${1|${turns.roles.join(",")}|}"` : value, String(path[0]) === "messages" ? "OpenAI chat message" : "ShareGPT message", index < 2)));
    return undefined;
  }
  const last = path.at(-1);
  const earlier = turns ? before.filter(({ key }) => key === turns.role).at(-1)?.value : undefined;
  const next = turns && (earlier === turns.roles[0] ? turns.roles[1] : turns.roles[0]);
  if (turns && path.length === 3 && last === turns.role) return done(turns.roles.map((role) => ({ label: role, detail: "role", snippet: `"${role}"`, kind: "value", likely: role === next })));
  if (turns && path.length === 2 && typeof last === "number") {
    return done(turns.roles.slice(0, 3).map((role) => ({ label: `${role} turn`, detail: "turn", snippet: `{"${turns.role}": "${role}", "${turns.text}": "$1"}`, kind: "turn", likely: role === next })));
  }
  const words = typeof last === "string" ? flags[last] : undefined;
  return words && path.length === 3 ? done(words.map((word) => ({ label: word, detail: "trained on or not", snippet: word, kind: "value", likely: false }))) : undefined;
};
