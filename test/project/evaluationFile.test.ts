/** Rows added to an evaluation file: whole, after what is there, and taken back without a trace. */
import { mkdtempSync, readFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addToEvaluation } from "../../src/project/evaluationFile";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "tunesmith-held-")); });
afterEach(() => rmSync(folder, { recursive: true }));
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

test("a new file, and away again", async () => {
  const back = await addToEvaluation(join(folder, "a.jsonl"), { header: undefined, lines: ["{}", "[]"] });
  expect(read("a.jsonl")).toBe("{}\n[]\n");
  await back();
  expect(existsSync(join(folder, "a.jsonl"))).toBe(false);
});

test("after the last row, whose line break it is given, with the file's own breaks; and back to the byte", async () => {
  writeFileSync(join(folder, "a.jsonl"), "1\r\n2");
  const back = await addToEvaluation(join(folder, "a.jsonl"), { header: undefined, lines: ["3"] });
  expect(read("a.jsonl")).toBe("1\r\n2\r\n3\r\n");
  await back();
  expect(read("a.jsonl")).toBe("1\r\n2");
});

test("a table's header stands once, and other columns are refused", async () => {
  await addToEvaluation(join(folder, "a.csv"), { header: "q,a", lines: ["1,2"] });
  await addToEvaluation(join(folder, "a.csv"), { header: "q,a", lines: ["3,4"] });
  expect(read("a.csv")).toBe("q,a\n1,2\n3,4\n");
  await expect(addToEvaluation(join(folder, "a.csv"), { header: "a,q", lines: ["5,6"] })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  await expect(addToEvaluation(join(folder, "b.csv"), { header: undefined, lines: ["{}"] })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  await expect(addToEvaluation(join(folder, "b.jsonl"), { header: "q,a", lines: ["1,2"] })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  expect(read("a.csv")).toBe("q,a\n1,2\n3,4\n");
});

test("a folder that cannot be written leaves nothing behind", async () => {
  await expect(addToEvaluation(join(folder, "none", "a.jsonl"), { header: undefined, lines: ["{}"] })).rejects.toHaveProperty("code");
});
