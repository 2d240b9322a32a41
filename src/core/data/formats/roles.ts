/** Owns the names that datasets give to roles and to the keys of a message. */
import { entryOf, valueOf, type JsonObject } from "../json/tree";
import { type Role } from "../record";

/** How a list of messages is written: which keys hold role and text, and which words name the roles. */
export interface ChatTags {
  /** Whose messages these are, in problems. */
  readonly title: string;
  readonly role: string;
  readonly content: string;
  /** `call` is an answer that calls tools and holds them as JSON (LLaMA-Factory's function_call). */
  readonly roles: Readonly<Record<string, Role | "call">>;
  /** The roles in a sentence. */
  readonly roleNames: string;
}

/** `developer` is OpenAI's newer word for system, `function` its older one for tool. */
export const openaiTags: ChatTags = {
  title: "OpenAI chat messages", role: "role", content: "content", roleNames: "system, user, assistant and tool",
  roles: { system: "system", developer: "system", user: "user", assistant: "assistant", tool: "tool", function: "tool" },
};

export const shareGptTags: ChatTags = {
  title: "ShareGPT messages", role: "from", content: "value", roleNames: "system, human, gpt, function_call and observation",
  roles: {
    system: "system", human: "user", user: "user", gpt: "assistant", assistant: "assistant", chatgpt: "assistant", bing: "assistant", bard: "assistant", model: "assistant",
    tool: "tool", observation: "tool", function_response: "tool", function_call: "call",
  },
};

const OTHER_ROLES: Readonly<Record<string, Role>> = {
  human: "user", prompter: "user", question: "user", instruction: "user", customer: "user",
  gpt: "assistant", bot: "assistant", model: "assistant", ai: "assistant", chatgpt: "assistant", chatbot: "assistant", agent: "assistant", answer: "assistant", assistent: "assistant", bing: "assistant", bard: "assistant", claude: "assistant",
  observation: "tool", ipython: "tool", function_response: "tool", sys: "system", context: "system",
};

/** The word of these tags that a role stands for, whatever its capitals. */
export const roleMeantBy = (word: string, tags: ChatTags = openaiTags): string | undefined => {
  const plain = word.trim().toLowerCase();
  if (Object.hasOwn(tags.roles, plain)) return plain;
  const role = Object.hasOwn(OTHER_ROLES, plain) ? OTHER_ROLES[plain] : undefined;
  return role && wordFor(role, tags);
};

/** The word that these tags use first for a role. */
export const wordFor = (role: Role, tags: ChatTags): string | undefined => Object.keys(tags.roles).find((name) => tags.roles[name] === role);

/** Whether the value under `key` is a list of objects whose first has these keys. */
export const isListWith = (object: JsonObject, key: string, ...keys: readonly string[]): boolean => {
  const list = valueOf(object, key);
  const first = list?.kind === "array" ? list.items[0] : undefined;
  return first?.kind === "object" && keys.every((name) => entryOf(first, name));
};

/** The tags that a message of a list is written with. */
export const tagsOf = (message: JsonObject | undefined): ChatTags => message && entryOf(message, "from") && !entryOf(message, "role") ? shareGptTags : openaiTags;
