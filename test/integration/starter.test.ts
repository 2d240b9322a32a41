/** `npm start`'s command on the real starter base: what it promises in its last line holds. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../project/folders";
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
  expect(readdirSync(join(folder, ".tunesmith", "runs"))).toHaveLength(1);
});
