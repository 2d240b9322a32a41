/** Owns taking one row apart into several: at a turn, or into one row for each question with its answer. The pieces are cut from the row's own text. */
import { removalOf, entrySpans } from "../json/keys";
import { entryOf, type Change } from "../json/tree";
import { conversationOf, listText, sourceOf, withChanges, type History, type Refusal, type TurnList } from "./conversation";

export interface Pieces {
  /** The rows that take its place, in order. */
  readonly rows: readonly string[];
  /** What they do not say any more, or say again: in a few words each. */
  readonly losses: readonly string[];
}

export const CONTEXT = "what was said before (later questions stand without the turns that led to them)";
export const UNTRAINED_PIECE = "rows without a trained answer: every answer in them is switched off, so that a run leaves them out";
const again = (key: string): string => `\`${key}\` stands in each of the new rows`;

/** One row for each question with its answers, the system message in each. Refuses a row that has only one. */
export const splitIntoSingle = (row: string): Pieces | Refusal => {
  const found = conversationOf(row);
  if ("refusal" in found) return found;
  if (found.kind === "history") return found.pairs.length === 0 ? ONE : { rows: [...found.pairs.keys(), found.pairs.length].map((at) => historyRow(found, at, at + 1)), losses: losses(found, []) };
  const starts = exchanges(found);
  if (starts.length < 2) return ONE;
  const rows = starts.map((from, index) => pieceOf(found, from, starts[index + 1] ?? found.items.length));
  return { rows, losses: losses(found, starts) };
};

/** Two rows: the second begins with the question of the turn that offset `at` of the row lies in. Refuses where that is the first. */
export const splitAtTurn = (row: string, at: number): Pieces | Refusal => {
  const found = conversationOf(row);
  if ("refusal" in found) return found;
  if (found.kind === "history") {
    const pair = found.pairs.findIndex(({ end }) => at <= end), inHistory = found.history !== undefined && at >= found.history.key.start && at <= found.history.value.end;
    const cut = inHistory && pair >= 0 ? pair : found.pairs.length;
    return cut === 0 ? FIRST : { rows: [historyRow(found, 0, cut), historyRow(found, cut, found.pairs.length + 1)], losses: losses(found, []) };
  }
  const item = found.items.findIndex(({ end }) => at <= end), starts = exchanges(found);
  const cut = starts.findLast((start) => start <= (item < 0 ? found.items.length - 1 : item)) ?? starts[0]!;
  if (cut === starts[0] || starts.length < 2) return FIRST;
  return { rows: [pieceOf(found, starts[0]!, cut), pieceOf(found, cut, found.items.length)], losses: losses(found, [starts[0]!, cut]) };
};

const ONE: Refusal = { refusal: "This row has one question and its answer: there is nothing to split." };
const FIRST: Refusal = { refusal: "Put the cursor into a later turn: the second row begins with the question there." };

/** Where each question begins. What has no answer stays with what stands beside it, so that no row is without one. */
const exchanges = ({ roles, head }: TurnList): number[] => {
  const starts = [head];
  const answered = (from: number, to: number): boolean => roles.slice(from, to).includes("assistant");
  for (let at = head + 1; at < roles.length; at++) {
    if (roles[at] === "user" && roles[at - 1] !== "user" && answered(starts.at(-1)!, at) && answered(at, roles.length)) starts.push(at);
  }
  return starts;
};

const pieceOf = (list: TurnList, from: number, to: number): string =>
  withChanges(list.row, [{ span: list.entry.value, newText: listText(list, list.head, from, to) }]);

/** Pairs [from, to) of the row; the last of all is its own question and answer. */
const historyRow = ({ row, object, question, input, answer, history, pairs }: History, from: number, to: number): string => {
  const changes: Change[] = [];
  const last = pairs[to - 1];
  if (last) {
    const [asked, answered] = last.items;
    changes.push({ span: question.value, newText: sourceOf(row, asked!) }, { span: answer.value, newText: sourceOf(row, answered!) });
    if (input) changes.push({ span: input.value, newText: '""' });
  }
  const kept = pairs.slice(from, Math.min(to - 1, pairs.length));
  if (history && kept.length > 0) changes.push({ span: history.value, newText: `[${kept.map((pair) => sourceOf(row, pair)).join(", ")}]` });
  else if (history) changes.push(removalOf(entrySpans(object), object.entries.indexOf(history)));
  return withChanges(row, changes);
};

const losses = (found: TurnList | History, starts: readonly number[]): string[] => {
  const used = found.kind === "list" ? [found.entry.key.value, "system", "tools", "functions"] : ["instruction", "input", "output", "response", "history", "system"];
  const isOff = (item: TurnList["items"][number]): boolean => { const flag = (entryOf(item, "weight") ?? entryOf(item, "train") ?? entryOf(item, "loss_weight"))?.value; return flag?.kind === "number" && flag.value === 0 || flag?.kind === "boolean" && !flag.value; };
  const untrained = found.kind === "list" && starts.some((from, index) => found.items.slice(from, starts[index + 1]).every((item, at) => found.roles[from + at] !== "assistant" || isOff(item)));
  return [CONTEXT, ...(untrained ? [UNTRAINED_PIECE] : []), ...found.object.entries.map(({ key }) => key.value).filter((key) => !used.includes(key)).map(again)];
};

