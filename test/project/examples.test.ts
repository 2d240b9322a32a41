/** Reading a dataset for training: a row that the chat template refuses is left out and told, not the end of the run. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadTokenizer } from "../../src/core/model/base";
import { openFolder } from "../../src/node/files";
import { readExamples } from "../../src/project/examples";
import { makeTinyBase } from "../tinyBase";

const base = makeTinyBase();
afterAll(() => base.remove());

const fussy = "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ m['content'] }}{% endfor %}";
const row = (...roles: string[]): string => JSON.stringify({ messages: roles.map((role) => ({ role, content: `the ${role} speaks` })) });

async function read(...rows: string[]): ReturnType<typeof readExamples> {
  const path = join(base.path, "data.jsonl");
  writeFileSync(path, rows.join("\n"));
  try {
    return await readExamples(path, { ...(await loadTokenizer(openFolder(base.path))), chatTemplate: fussy }, { maxLength: 64, shown: "data.jsonl" });
  } finally {
    rmSync(path);
  }
}

test("the refused row is left out, the warning names its line", async () => {
  const { examples, warnings } = await read(row("user", "assistant"), row("system", "user", "assistant"), row("user", "assistant"));
  expect(examples.map((example) => example.row)).toEqual([0, 2]);
  expect(warnings).toEqual([{ code: "ROWS_REFUSED", message: expect.stringMatching(/refuses 1 of 3 rows.*Line 2: .*System role not supported/) as string }]);
});

test("where every row is refused, that is the failure", async () => {
  await expect(read(row("system", "user", "assistant"))).rejects.toMatchObject({ code: "TEMPLATE_FAILED" });
});
