/** Chat templates within bounds: hostile ones end in an error, whatever they are, and ordinary ones do not notice. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCode } from "../../../src/core/errors";
import { renderChat } from "../../../src/core/text/chat";
import { renderTemplate } from "../../../src/core/text/jinja";
import { asText, mutatedBytes, settled } from "../../mutate";

const CHATML = "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}{{ '<|im_start|>system\nYou are.<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] | trim + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const TOOLS = "{%- set ns = namespace(n=0) %}{%- macro show(x, y=1) %}{{ x ~ y }}{%- endmacro %}{%- for m in messages[::-1] %}{%- set ns.n = ns.n + loop.index0 %}{%- if m.content is string and not loop.last %}{{ show(m.content) }}{%- elif m.tool_calls %}{%- for t in m.tool_calls %}{{ t | tojson(indent=2) }}{%- endfor %}{%- endif %}{%- endfor %}{{ ns.n }}{{ range(3) | join(',') }}{{ messages | map(attribute='role') | list | length }}";
const messages = [{ role: "system", content: "Be kind." }, { role: "user", content: "Hi\n<b>" }, { role: "assistant", content: "Ho" }];
const render = (source: string): string => renderChat(messages as never, { kind: "chat", source, tokens: { bos_token: "<s>", eos_token: "</s>", pad_token: "", unk_token: "" } }, true);

describe("hostile templates end", () => {
  test.each([
    ["a list of 10¹² numbers", "{% for i in range(1000000000000) %}x{% endfor %}", /1000000000000 numbers/], ["loops in loops", `${"{% for i in range(1000) %}".repeat(5)}x${"{% endfor %}".repeat(5)}`, /come to an end/],
    ["a text that doubles", "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", /a text of \d+ characters/], ["a list that doubles", "{% set ns = namespace(x=[1,2]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", /a list of \d+ items/],
    ["many long texts", "{% set ns = namespace(x='ab', l=[]) %}{% for i in range(22) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{% for i in range(100000) %}{% set ns.l = ns.l + [ns.x + (i | string)] %}{% endfor %}", /come to an end/],
    ["macros that call themselves", "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}", /./], ["a range of steps of 0", "{% for i in range(0, 5, 0) %}x{% endfor %}", /steps of 0/], ["blanks without end", "{{ 'a\nb' | indent(10000000000) }}", /./],
    ["brackets without end", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`, /./], ["a source of two million characters", "x".repeat(2 ** 21), /2097152 characters/],
  ])("%s", (_, source, what) => {
    expect(() => render(source)).toThrow(expect.objectContaining({ name: "UserError", code: "TEMPLATE_FAILED", what: expect.stringMatching(what) as string }));
  }, 60_000);
});

test("mutated templates render or are refused", async () => {
  const codes: readonly ErrorCode[] = ["TEMPLATE_FAILED"];
  for (const source of [CHATML, TOOLS]) {
    await fc.assert(fc.asyncProperty(mutatedBytes(new TextEncoder().encode(source)), async (bytes) => {
      const text = await settled(() => render(asText(bytes)), codes, /chat template/);
      if (text !== undefined) expect(typeof text).toBe("string");
    }), { numRuns: 600 });
  }
});

test("ordinary templates give what the library gives, and a very long conversation stays within the bounds", () => {
  expect(render(CHATML)).toBe("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi\n<b><|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n<|im_start|>assistant\n");
  expect(render(TOOLS)).toBe("Ho1Hi\n<b>130,1,23");
  expect(renderTemplate("{{ range(2, 9, 3) | join('-') }} {{ range(3, 0, -1) | join('-') }} {{ none }}{{ strftime_now('%Y') }}", {})).toMatch(/^2-5-8 3-2-1 (None|none|)\d{4}$/);
  const long = Array.from({ length: 1000 }, (_, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content: "word ".repeat(2000) }));
  expect(renderTemplate(CHATML, { messages: long, add_generation_prompt: false }).length).toBeGreaterThan(1e7);
});
