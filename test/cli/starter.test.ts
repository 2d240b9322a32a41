/** starter.ts: when an answer counts as right, and how base and tuned stand side by side. */
import { expect, test } from "vitest";
import { isExactMatch, sideBySide } from "../../src/cli/starter";

test("an answer is right up to case, blanks and a last full stop", () => {
  for (const answer of ["Belun", " belun.", "BELUN\n"]) expect(isExactMatch(answer, "Belun")).toBe(true);
  for (const answer of ["Belun Belun", "Belu", "", "Belun.."]) expect(isExactMatch(answer, "Belun")).toBe(false);
  expect(isExactMatch("a  b", "a b.")).toBe(true);
});

test("three columns within the width, right and wrong marked, long texts cut", () => {
  const pairs = [
    { question: "What is the capital of Bruna?", expected: "Rasim", base: "It is\nthe town that lies by the river and whose name is long", tuned: "Rasim" },
    { question: "Say it", expected: "it", base: "x", tuned: "that" },
  ];
  const lines = sideBySide(pairs, 80).split("\n");
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(lines[0]).toMatch(/^QUESTION +BASE +TUNED$/);
  expect(lines[2]).toMatch(/^What is the capital of Bruna\? {2}It is the town .*… +✓ Rasim$/);
  expect(lines[3]).toMatch(/^Say it +x +✗ that$/);
});
