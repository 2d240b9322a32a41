/** Owns answers that are no good example of writing: the same text over and over, the question given back, a sentence that was cut off. Heuristics, tuned to stay silent when in doubt. */
import { type Inspected } from "./place";

export const checkDegenerate = (inspected: Inspected): void => {
  const { answers, others, report } = inspected;
  for (const message of answers) {
    const loop = loopIn(message.content);
    if (loop && !others.some(({ content }) => ASKS_FOR_REPEATS.test(content))) report("repeated-text", "warning", message, loop.start, loop.end, `The same ${loop.period === 1 ? "character comes" : `${loop.period} characters come`} ${loop.times} times in a row, which teaches the model to loop.`);
  }
  repeatsInput(inspected);
  const last = inspected.record.messages.at(-1);
  if (last && answers.includes(last)) {
    const from = unfinishedFrom(last.content);
    if (from !== undefined) report("unfinished-answer", "information", last, from, last.content.trimEnd().length, "The answer seems to stop in the middle of a sentence; the model would learn to stop there too.");
  }
};

const ASKS_FOR_REPEATS = /\brepeat|\btimes\b|\bover and over\b|\bcopy\b|\bduplicate/i;

/** Text that must repeat this often, and over this many characters, to be called a loop. */
const [TIMES, SPREAD, LONGEST_PERIOD, STEP, PROBE] = [5, 60, 400, 40, 12];

interface Loop { readonly start: number; readonly end: number; readonly period: number; readonly times: number }

/** A unit that is repeated without a break. Probes every few characters whether they come again nearby, and measures only there: linear. */
const loopIn = (text: string): Loop | undefined => {
  for (let at = 0; at + SPREAD <= text.length; at += STEP) {
    const probe = text.slice(at, at + PROBE);
    const period = text.slice(at + 1, at + 1 + LONGEST_PERIOD + PROBE).indexOf(probe) + 1;
    if (period === 0) continue;
    let [start, end] = [at, at + period];
    while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
    while (end < text.length && text[end] === text[end - period]) end++;
    const times = Math.floor((end - start) / period);
    const unit = text.slice(start, start + period);
    if (times >= TIMES && end - start >= SPREAD && (unit.match(/\p{L}/gu)?.length ?? 0) >= Math.min(4, period / 2) && /\p{L}{2}/u.test(unit + unit)) return { start, end, period, times };
    if (end > at + STEP) at = end - STEP;
  }
  return undefined;
};

/** Punctuation inside and capitals stay: setting them may be the task. */
const plain = (text: string): string => text.replace(/\s+/g, " ").trim().replace(/[.!?]+$/, "");

/** Who asks for a correction, a copy or a choice may get the same text back. */
const MAY_GIVE_BACK = /\b(?:repeat|copy|echo|say|correct|proof-?read|fix|edit|grammar|spelling|rewrite|punctuat|capitali[sz]e|translate|extract|quote|return|remove|format|convert|identify|upper-?case|lower-?case|sort|order|rank|arrange|paraphrase|reword|print|spell|read|type|reply with|respond with|answer with|output)/i;

const repeatsInput = ({ record, answers, report }: Inspected): void => {
  record.messages.forEach((message, index) => {
    const before = record.messages[index - 1];
    if (!answers.includes(message) || before?.role !== "user") return;
    // Most answers are not as long as their question, so that comparing lengths is enough.
    const asked = [before.content, ...(record.alpaca && index === record.messages.length - 1 ? [record.alpaca.instruction, record.alpaca.input] : [])];
    const near = asked.filter((text) => text.length > 20 && Math.abs(text.length - message.content.length) <= 8);
    if (near.length === 0 || MAY_GIVE_BACK.test(record.alpaca?.instruction ?? before.content)) return;
    const said = plain(message.content);
    const same = near.find((text) => plain(text) === said);
    // An input may rightly come back unchanged: sorted already, without a mistake.
    if (same !== undefined && said.split(" ").length >= 4) report("output-repeats-input", same === record.alpaca?.input ? "information" : "warning", message, 0, message.content.length, "The answer only gives back what was asked.");
  });
};

const DANGLING = /\b(?:the|a|an|and|or|of|to|with|for|in|on|at|by|from|that|which|is|are|was|were|has|have|as|but|because|their|its|his|her|your|our|my|these|this|such|than|into|between|while|when|if)$/i;

/** Where the unfinished sentence begins; undefined where the answer may well be whole. */
const unfinishedFrom = (content: string): number | undefined => {
  const text = content.trimEnd();
  if (text.length < 80 || !/[\p{Ll},;]$/u.test(text.slice(-2)) || /```|[{}<>|=\\]|https?:|^\s*(?:def|class|return|import|for|while)\b[^\n]*[:(]|^\s*(?:[-*•]|\d+[.)])\s/m.test(text.slice(-400))) return undefined;
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const sentence = /(?:^|[.!?]["')\]]?\s+)((?:(?![.!?]["')\]]?\s)[^])*)$/.exec(line)?.[1] ?? line;
  const words = sentence.split(/\s+/).length;
  // A letter's closing ends without a full stop, and so does a name.
  if (/^(?:yours?|(?:with|in) (?:\w+ )?(?:regards?|respect|hope|love|gratitude|appreciation|anticipation|solidarity|friendship|wishes|thanks)|warm|kind|best|sincerely|love|regards|respectfully|thank|cheers)\b[^,]{0,60},/i.test(sentence) || /(?:^|\s)\p{Lu}\S*$/u.test(text)) return undefined;
  if (/,$|;$/.test(text)) return words >= 6 && line.length > 60 ? text.length - sentence.length : undefined;
  if (DANGLING.test(text)) return words >= 4 ? text.length - sentence.length : undefined;
  // Prose that closes all its sentences but the last.
  const closed = text.slice(0, text.length - sentence.length).match(/\p{Ll}[.!?]["')\]]?(?=\s)/gu)?.length ?? 0;
  return closed >= 4 && words >= 5 && text.length > 400 && line.length > 120 ? text.length - sentence.length : undefined;
};

