/** tunesmith rows: what is lost comes first, and the files hold what was said. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { extractRows, rows } from "../../src/cli/rows";
import { runCommand } from "../../src/cli/program";
import { temporaryFolder } from "../project/folders";
import { captureTerminal } from "./terminalCapture";

const terminal = captureTerminal();
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), "utf8");
const chat = (...said: string[]): string => `${JSON.stringify({ messages: said.map((content, turn) => ({ role: turn % 2 === 0 ? "user" : "assistant", content })) })}\n`;

test("split and merge: what is lost is listed, --force writes, and merging gives the file back", async () => {
  const before = chat("a", "b", "c", "d") + chat("e", "f");
  writeFileSync(at("chat.jsonl"), before);
  expect(await rows("split", at("chat.jsonl"), {})).toBe(1);
  expect(terminal.out).toContain("not kept: what was said before");
  expect(text("chat.jsonl")).toBe(before);
  expect(await rows("split", at("chat.jsonl"), { force: true })).toBe(0);
  expect(text("chat.jsonl")).toBe(chat("a", "b") + chat("c", "d") + chat("e", "f"));
  expect(await runCommand(["rows", "merge", at("chat.jsonl"), "--lines", "1-2", "--json"])).toBe(0);
  expect(text("chat.jsonl")).toBe(before);
});

test("roles, into another file", async () => {
  writeFileSync(at("roles.jsonl"), chat("a", "b").replace('"user"', '"human"'));
  expect(await runCommand(["rows", "roles", at("roles.jsonl"), "-o", at("right.jsonl")])).toBe(0);
  expect(text("right.jsonl")).toBe(chat("a", "b"));
  expect(text("roles.jsonl")).toContain("human");
});

test("extract moves rows: they are in one of the two files, never in both", async () => {
  const all = Array.from({ length: 30 }, (_, number) => chat(`Question number ${number} about ${"abcdefghij"[number % 10]}?`, `Answer ${number * 7}.`));
  writeFileSync(at("many.jsonl"), all.join(""));
  expect(await runCommand(["rows", "extract", at("many.jsonl"), "--rows", "6", "--json"])).toBe(0);
  expect(JSON.parse(terminal.out)).toMatchObject({ moved: 6, rows: 24 });
  const [left, moved] = [text("many.jsonl"), text("many.eval.jsonl")].map((part) => part.split(/(?<=\n)/)) as [string[], string[]];
  expect([...left, ...moved].sort()).toEqual([...all].sort());
  expect(await extractRows(at("many.jsonl"), { lines: "1,3-4" })).toBe(0);
  expect(text("many.eval.jsonl").split("\n").filter(Boolean)).toHaveLength(9);
});

test("mistakes name what to do, and change nothing", async () => {
  writeFileSync(at("one.jsonl"), chat("a", "b"));
  for (const options of [["--rows", "1"], ["--share", "90%"], ["--rows", "1", "--share", "10%"], ["--lines", "9"], []]) {
    terminal.told = "";
    expect(await runCommand(["rows", "extract", at("one.jsonl"), ...options])).toBe(2);
    expect(terminal.told).toMatch(/^error\[BAD_ARGUMENT\]/);
  }
  expect(await runCommand(["rows", "merge", at("one.jsonl")])).toBe(2);
  expect(text("one.jsonl")).toBe(chat("a", "b"));
  expect(existsSync(at("one.eval.jsonl"))).toBe(false);
});
