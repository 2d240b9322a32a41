import fc from "fast-check";
import { expect, test } from "vitest";
import { type PreviewedRow } from "../../../src/protocol/rowPreview";
import { turnsOf } from "../../../webview/rowPreview/pieces";

const row = (segments: PreviewedRow["segments"], starts: number[], trained: number[], special: number[], kept = starts.length): PreviewedRow =>
  ({ tokens: starts.length, kept, trained: trained.length, template: "chat", segments, encoded: { ids: starts.map((_, index) => index), starts, names: starts.map(String), trained, special } });
const words = (role: "template" | "user" | "assistant", text: string, message: number | null = null): PreviewedRow["segments"][number] => ({ role, text, trained: role === "assistant", message });

test("pieces follow the mask, the control tokens and the limit", () => {
  const turns = turnsOf(row([words("template", "<u>"), words("user", "ab", 0), words("template", "<a>"), words("assistant", "cde</s>", 1)], [0, 3, 5, 8, 9, 10, 11], [3, 4, 5, 6], [0, 2, 6], 6), false);
  expect(turns.map(({ message, pieces }) => [message, pieces.map(({ text, trained, special, cut }) => `${text}${trained ? "+" : ""}${special ? "!" : ""}${cut ? "✂" : ""}`)])).toEqual([
    [null, ["<u>!"]], [0, ["ab"]], [null, ["<a>!"]], [1, ["cde+", "</s>+!✂"]],
  ]);
});

test("a token that begins in the prompt is not trained, though it ends in the answer", () => {
  const turns = turnsOf(row([words("template", "a:"), words("assistant", '"b"', 1)], [0, 1, 3, 4], [2, 3], []), false);
  expect(turns[1]!.pieces.map(({ text, trained }) => [text, trained])).toEqual([['"', false], ['b"', true]]);
});

test("long texts end between characters", () => {
  const turns = turnsOf(row([words("user", "ab🦊cd", 0)], [0], [], []), false, 3);
  expect(turns[0]!.pieces.map(({ text }) => text)).toEqual(["ab"]);
});

test("together the pieces are the text, by token or not", () => {
  const texts = fc.array(fc.tuple(fc.constantFrom("template", "user", "assistant"), fc.string({ minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(texts, fc.infiniteStream(fc.nat(3)), fc.boolean(), fc.nat(20), (pieces, steps, byToken, kept) => {
    const segments = pieces.map(([role, text], index) => words(role as "user", text, index));
    const all = pieces.map(([, text]) => text).join("");
    const starts = [0];
    for (const step of steps) {
      if (starts.at(-1)! + step >= all.length || starts.length > 60) break;
      starts.push(starts.at(-1)! + step);
    }
    const made = turnsOf(row(segments, starts, starts.flatMap((_, index) => index % 3 === 0 ? [index] : []), starts.flatMap((_, index) => index % 5 === 4 ? [index] : []), Math.min(kept, starts.length)), byToken);
    expect(made.flatMap((turn) => turn.pieces.map(({ text }) => text)).join("")).toBe(all);
    for (const turn of made) expect(turn.pieces[0]!.start).toBe(turn.start);
  }));
});
