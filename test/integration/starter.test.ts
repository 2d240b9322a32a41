/** `npm start`'s command on the real starter base: what it promises in its last line holds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../project/folders";
import { type RunEvent } from "../../src/core/train/events";
import { tunesmith } from "./terminal";

test("the starter run teaches the starter base to answer", async () => {
  const folder = temporaryFolder();
  const { status, out, err } = await tunesmith(folder, "starter");
  expect(status, err).toBe(0);
  expect(out).toMatch(/QUESTION +BASE +TUNED/);
  expect(out).toContain("npx tunesmith train --base FOLDER --data FILE");
  const last = out.trimEnd().split("\n").at(-1)!;
  const figures = /^starter: exact match ([\d.]+)% -> ([\d.]+)%, NLL ([\d.]+) -> ([\d.]+), \d+ s$/.exec(last)?.slice(1).map(Number);
  expect(figures, last).toBeDefined();
  const [before, after, nllBefore, nllAfter] = figures as [number, number, number, number];
  expect(before).toBeLessThan(5);
  expect(after).toBeGreaterThan(85);
  expect(nllAfter).toBeLessThan(nllBefore / 4);
  const runs = readdirSync(join(folder, ".tunesmith", "runs"));
  expect(runs).toHaveLength(1);
  // What was said before the first step came true: memory within 10%.
  const journal = readFileSync(join(folder, ".tunesmith", "runs", runs[0]!, "journal.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as RunEvent);
  const foreseen = journal.find((event) => event.event === "preflight")!, end = journal.at(-1) as RunEvent & { event: "end" };
  expect(Math.abs(foreseen.peakBytes! / end.peakBytes! - 1)).toBeLessThan(0.1);
});
