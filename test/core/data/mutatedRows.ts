/** Owns the random datasets of the property tests. */
import fc from "fast-check";

/** Rows as they occur, with a few characters changed: most stay readable, all kinds of problems come up. */
export const mutatedRows = fc.array(fc.oneof(
  fc.record({ instruction: fc.string(), input: fc.option(fc.string(), { nil: undefined }), output: fc.oneof(fc.string(), fc.constantFrom("TODO", " x ", "\ufffd", "\ud83d", 3, null)) }),
  fc.record({ messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant", "system", "human", "gpt", "tool", 1), content: fc.oneof(fc.string(), fc.constantFrom(null, 7, "")), weight: fc.constantFrom(undefined, 0, 1, 2) }, { requiredKeys: [] })), tools: fc.constantFrom(undefined, [], "[]", 3) }, { requiredKeys: [] }),
  fc.record({ conversations: fc.array(fc.record({ from: fc.constantFrom("human", "gpt"), value: fc.string() })) }),
  fc.dictionary(fc.constantFrom("prompt", "completion", "response", "ouput", "instruction", "context", "question", "answer", "__proto__"), fc.string()),
  fc.json().map((json): unknown => JSON.parse(json)),
).map((row) => JSON.stringify(row)).chain((row) => fc.array(fc.tuple(fc.nat(), fc.constantFrom("", '"', "'", ",", "}", "{", "]", ":", "\\", "\t", "\n", "\r\n", "\ufeff", "\u00a0", "None", "\ud800")), { maxLength: 2 })
  .map((changes) => changes.reduce((text, [at, put]) => { const index = at % (text.length + 1); return text.slice(0, index) + put + text.slice(put === "" ? index + 1 : index); }, row))), { maxLength: 6 })
  .chain((rows) => fc.constantFrom("\n", "\r\n", "\n\n", ",\n").map((separator) => rows.join(separator)));
