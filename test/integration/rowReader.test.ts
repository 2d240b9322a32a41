/** The thread that reads rows as a base sees them, as the extension starts it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseDataset } from "../../src/core/data/parse";
import { RowReader } from "../../src/project/rowReader";
import { type RowText } from "../../src/protocol/rows";

const root = resolve(__dirname, "../..");
const base = join(root, "starter", "base");
const opened: RowReader[] = [];
const made: string[] = [];
const reader = (longestMs?: number): RowReader => {
  const one = new RowReader(join(root, "dist", "rows.js"), longestMs);
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) one.dispose();
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const row = (value: object): RowText => ({ record: parseDataset(JSON.stringify(value)).records[0]!, line: JSON.stringify(value) });
const sound = row({ instruction: "Name the capital of France.", output: "Paris." });
/** The starter base with another chat template. */
const withTemplate = (template: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-rows-"));
  made.push(folder);
  for (const file of ["config.json", "tokenizer.json"]) cpSync(join(base, file), join(folder, file));
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ ...JSON.parse(readFileSync(join(base, "tokenizer_config.json"), "utf8")) as object, chat_template: template }));
  return folder;
};

test("reads many rows, and one in full, with the same figures", async () => {
  const one = reader();
  const cut = { base, maxLength: 8 };
  const [whole, short] = [(await one.lint({ base, maxLength: 512 }, [sound]))[0]!, (await one.lint(cut, [sound, sound]))[1]!];
  expect(whole).toMatchObject({ problems: [], kept: whole.tokens });
  expect(short).toMatchObject({ tokens: whole.tokens, kept: 8, trained: 0, problems: [{ code: "nothing-trained" }] });
  const view = await one.view({ base, maxLength: 512 }, sound);
  expect(view).toMatchObject({ tokens: whole.tokens, trained: whole.trained, template: "chat" });
  expect(view.encoded.trained).toHaveLength(whole.trained);
  expect(view.segments.filter(({ message }) => message === 1).map(({ text, trained }) => [text.includes("Paris."), trained])).toEqual([[true, true]]);
  expect(view.encoded.names).toHaveLength(whole.tokens);
});

test("a base that is none settles with its error, and the next question is answered", async () => {
  const one = reader();
  await expect(one.lint({ base: join(root, "src"), maxLength: 512 }, [sound])).rejects.toMatchObject({ code: "TOKENIZER_MISSING" });
  await expect(one.lint({ base, template: "none", maxLength: 512 }, [sound])).rejects.toMatchObject({ code: "TEMPLATE_FAILED" });
  expect(await one.lint({ base, maxLength: 512 }, [sound])).toHaveLength(1);
});

test("a template that never ends is ended, and another base is read by a new thread", async () => {
  const one = reader(1_500);
  const endless = withTemplate("{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}");
  await expect(one.lint({ base: endless, maxLength: 512 }, [sound])).rejects.toMatchObject({ code: "TEMPLATE_FAILED" });
  const patient = reader();
  expect(await patient.lint({ base, maxLength: 512 }, [sound])).toHaveLength(1);
});

test("what is asked when it is closed settles too", async () => {
  const one = reader();
  const asked = one.lint({ base, maxLength: 512 }, [sound]);
  one.dispose();
  await expect(asked).rejects.toMatchObject({ code: "CANCELLED" });
});
