/** Ids and labels of conversations against the golden files: ChatML masks and the stories260K fine-tune. */
import { describe, expect, test } from "vitest";
import { type DatasetRecord, type Role } from "../../src/core/data/record";
import { loadTokenizer } from "../../src/core/model/base";
import { toExample } from "../../src/core/text/example";
import { chooseTemplate, type PromptTemplate, renderPrompt } from "../../src/core/text/template";
import { openFolder } from "../../src/node/files";
import { hasShared, shared, sharedText } from "../shared";

interface Row { messages: { role: Role; content: string }[]; text?: string; input_ids: number[]; labels: number[] | { completion_only: number[] } }
const rows = (...path: string[]): Row[] => sharedText(...path).trim().split("\n").map((line) => JSON.parse(line) as Row);
const record = ({ messages }: Row, line: number): DatasetRecord => ({ line, format: "openai-chat", messages: messages.map((message) => ({ ...message, span: { start: 0, end: 0 }, trained: message.role === "assistant" })) });

describe.skipIf(!hasShared)("golden text", () => {
  test("stories260K: every id and label of the fine-tune's rows", async () => {
    const tokenizer = await loadTokenizer(openFolder(shared("golden", "models", "stories260K"))), template = chooseTemplate(tokenizer);
    rows("golden", "finetune_stories260K", "train.jsonl").forEach((row, line) => {
      const { ids, labels } = toExample(record(row, line), template, tokenizer, 512);
      expect(ids).toEqual(row.input_ids);
      expect(labels).toEqual(row.labels);
    });
  });

  test("ChatML: ids and completion-only labels of the packing conversations", async () => {
    const tokenizer = await loadTokenizer(openFolder(shared("models", "minimind")));
    const source = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
    const template: PromptTemplate = { kind: "chat", source, tokens: { bos_token: "", eos_token: "<|im_end|>", pad_token: "", unk_token: "" } };
    rows("golden", "packing", "conversations.jsonl").forEach((row, line) => {
      const { ids, labels, segments } = toExample(record(row, line), template, tokenizer, 4096);
      expect(segments.map(({ text }) => text).join("")).toBe(row.text);
      expect(ids, `ids of line ${line + 1}`).toEqual(row.input_ids);
      expect(labels, `labels of line ${line + 1}`).toEqual((row.labels as { completion_only: number[] }).completion_only);
    });
  });

  test("a prompt ends where the answer begins", async () => {
    const tokenizer = await loadTokenizer(openFolder(shared("golden", "models", "stories260K")));
    expect(renderPrompt([{ role: "user", content: "Tell a story." }], chooseTemplate(tokenizer))).toBe("<s>User: Tell a story.\nStory:");
  });
});
