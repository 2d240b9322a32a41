/** Chat templates against transformers: the text itself, and the spans that are trained. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type DatasetRecord } from "../../src/core/data/record";
import { type ChatMessage, type ChatTemplate } from "../../src/core/text/chat";
import { renderPrompt, renderRecord } from "../../src/core/text/template";
import { hasShared, shared, sharedJson, sharedText } from "../shared";

type Case = "multi_sys" | "multi_nosys" | "gen_prompt" | "two_users";
const say = (...turns: [ChatMessage["role"], string][]): ChatMessage[] => turns.map(([role, content]) => ({ role, content }));
const conversations: Record<Case, ChatMessage[]> = {
  multi_sys: say(["system", "SYS"], ["user", "U1"], ["assistant", "A1"], ["user", "U2"], ["assistant", "A2"]),
  multi_nosys: say(["user", "U1"], ["assistant", "A1"], ["user", "U2"], ["assistant", "A2"]),
  gen_prompt: say(["user", "U1"]),
  two_users: say(["user", "U1"], ["user", "U2"], ["assistant", "A2"]),
};
const record = (messages: readonly ChatMessage[]): DatasetRecord => ({ line: 0, format: "openai-chat", messages: messages.map((message) => ({ ...message, span: { start: 0, end: 0 }, trained: message.role === "assistant" })) });

const optional = (path: string): string | undefined => existsSync(shared(path)) ? sharedText(path) : undefined;
const openTemplate = (name: string): ChatTemplate => {
  const folder = `models/${name.replace(/^hf:/, "")}`;
  const config = JSON.parse(optional(`${folder}/tokenizer_config.json`) ?? "{}") as Record<string, unknown>;
  const token = (key: string): string => typeof config[key] === "string" ? config[key] : (config[key] as { content?: string } | null | undefined)?.content ?? "";
  const source = optional(`${folder}/chat_template.jinja`) ?? (config.chat_template as string);
  return { kind: "chat", source, tokens: { bos_token: token("bos_token"), eos_token: token("eos_token"), pad_token: token("pad_token"), unk_token: token("unk_token") } };
};

describe.skipIf(!hasShared)("chat templates", () => {
  const golden = hasShared ? sharedJson<Record<string, Record<Case, string>>>("golden/chat_templates.json") : {};
  const names = Object.keys(golden).filter((name) => name.startsWith("hf:"));
  beforeAll(() => { vi.useFakeTimers({ now: new Date(2026, 0, 1), toFake: ["Date"] }); });
  afterAll(() => { vi.useRealTimers(); });
  test("there are templates to compare with", () => expect(names.length).toBeGreaterThanOrEqual(12));

  describe.each(names)("%s", (name) => {
    const template = openTemplate(name);
    test.each(Object.keys(conversations) as Case[])("%s", (conversation) => {
      const expected = golden[name]![conversation];
      const render = (): string => conversation === "gen_prompt" ? renderPrompt(conversations.gen_prompt, template) : renderRecord(record(conversations[conversation]), template).map(({ text }) => text).join("");
      // transformers' plain Jinja does not know {% generation %}; here it is passed over.
      if (expected.includes("unknown tag 'generation'")) expect(render()).toContain(conversation === "gen_prompt" ? "U1" : "A2");
      else if (expected.startsWith("ERROR: ")) expect(render).toThrow(expected.slice("ERROR: ".length).replace(/\.+$/, ""));
      else expect(render()).toBe(expected);
    });
  });

  test("what is trained: the answer from the generation prompt to its end token", () => {
    const trained = Object.fromEntries(names.map((name) => [name.replace(/^hf:(onnxruntime-extensions\/)?/, ""), renderRecord(record(conversations.multi_nosys), openTemplate(name)).filter((segment) => segment.trained).map(({ text }) => text)]));
    expect(trained).toMatchInlineSnapshot(`
      {
        "added-tokens": [
          "A1<|end|>",
          "A2<|end|>",
        ],
        "chatglm": [
          "
       A1",
          "
       A2",
        ],
        "gemma": [
          "A1<end_of_turn>",
          "A2<end_of_turn>",
        ],
        "gpt-oss": [
          "<|message|>A1<|end|>",
          "<|message|>A2<|end|>",
        ],
        "minimind": [
          "A1<|im_end|>",
          "A2<|im_end|>",
        ],
        "models_gemma-4": [
          "A1<turn|>",
          "A2<turn|>",
        ],
        "models_phi-4": [
          "A1<|end|>",
          "A2<|end|>",
        ],
        "phi-3": [
          "A1<|end|>",
          "A2<|end|>",
        ],
        "phi-3-mini": [
          "A1<|end|>",
          "A2<|end|>",
        ],
        "phi-4-mini": [
          "A1<|end|>",
          "A2<|end|>",
        ],
        "qwen2.5": [
          "A1<|im_end|>",
          "A2<|im_end|>",
        ],
        "qwen3": [
          "A1<|im_end|>",
          "<think>

      </think>

      A2<|im_end|>",
        ],
        "v5_qwen2.5-synthetic": [
          "A1<|im_end|>",
          "A2<|im_end|>",
        ],
        "v5_smollm3": [
          "A1<|im_end|>",
          "A2<|im_end|>",
        ],
      }
    `);
  });
});
