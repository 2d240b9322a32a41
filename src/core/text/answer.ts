/** Owns the cut of an answer into what is trained of it and what is not, where its record says so character by character. */
import { UserError } from "../errors";
import { type ChatMessage } from "./chat";
import { type Segment } from "./types";

/** `text` is the rendered answer, from the generation prompt to its end token. Throws TEMPLATE_FAILED where the template changed a content of which only parts are trained. */
export const answerSegments = (text: string, { content, trained = false, trainedParts }: ChatMessage): Segment[] => {
  if (!trained || !trainedParts) return [{ role: "assistant", text, trained }];
  // Templates trim; how much they took away before the text shifts the parts.
  const leading = content.length - content.trimStart().length;
  const found = ([[content, 0], [content.trimStart(), leading], [content.trimEnd(), 0], [content.trim(), leading]] as const).find(([form]) => text.includes(form));
  if (!found) throw new UserError("TEMPLATE_FAILED", "The base's chat template changes this answer, so the parts of it that are trained cannot be found again.", 'Train on the whole answer, or use the template "alpaca".');
  const at = text.indexOf(found[0]) - found[1];
  const segments: Segment[] = [];
  let from = 0;
  const push = (to: number, isTrained: boolean): void => {
    if (to <= from) return;
    segments.push({ role: "assistant", text: text.slice(from, to), trained: isTrained, ...(from > 0 ? { continues: true } : {}) });
    from = to;
  };
  for (const { start, end } of trainedParts) {
    push(at + start, false);
    // The end token follows from the last character: it is learned where that is.
    push(end >= content.trimEnd().length ? text.length : Math.min(text.length, at + end), true);
  }
  push(text.length, false);
  return segments;
};
