/** Owns what a message says about its own training: OpenAI's `weight`, LLaMA-Factory's `loss_weight`, Axolotl's `train` and `train_detail`. */
import { at } from "../checks/text";
import { entryOf, valueOf, type JsonEntry, type JsonObject, type JsonValue } from "../json/tree";
import { type Role } from "../record";
import { type Span } from "../problem";
import { type Row } from "./format";

export const FLAG_KEYS = ["weight", "loss_weight", "train", "train_detail"] as const;

export interface TrainFlags { readonly trained: boolean; readonly parts?: readonly Span[] }

/** `content` is the message's text, which `train_detail` counts in characters (code points, as Python does), the end included. */
export const readTrainFlags = (row: Row, node: JsonObject, role: Role | undefined, content: string): TrainFlags => {
  const given = FLAG_KEYS.flatMap((key): JsonEntry[] => {
    const entry = entryOf(node, key);
    return entry && entry.value.kind !== "null" ? [entry] : [];
  });
  let trained = role === "assistant";
  let parts: readonly Span[] | undefined;
  for (const { key, value } of given) {
    if (key.value === "train_detail") {
      parts = readDetail(row, value, content);
      if (role === "assistant" && parts?.length === 0) trained = false;
    } else {
      const flag = key.value === "train" ? readTrain(row, value) : readWeight(row, key.value, value);
      if (flag === false) trained = false;
      // A weight of 0 on a question says what is so anyway (SlimOrca writes it on every turn).
      else if (flag && role && role !== "assistant" && key.value !== "loss_weight") {
        row.report("train-flag", "warning", at(key), `\`${key.value}\` cannot switch training on here: only what the assistant says is trained.`);
      }
    }
  }
  return { trained, ...(trained && parts && role === "assistant" ? { parts } : {}) };
};

const readTrain = (row: Row, value: JsonValue): boolean | undefined => {
  if (value.kind === "boolean") return value.value;
  row.report("train-flag", "warning", at(value), "`train` is true or false.");
  return undefined;
};

const readWeight = (row: Row, key: string, value: JsonValue): boolean | undefined => {
  const weight = value.kind === "number" ? value.value : undefined;
  if (weight === 0 || weight === 1) return weight === 1;
  if (key === "loss_weight" && weight !== undefined && weight > 0) {
    row.remark("train-flag", at(value), "A `loss_weight` between 0 and 1, or above 1, counts as 1 here: an answer is trained on or it is not.");
    return true;
  }
  row.report("train-flag", "warning", at(value), `\`${key}\` is 0 (do not train on this answer) or 1.`);
  return weight === undefined ? undefined : weight > 0;
};

const readDetail = (row: Row, value: JsonValue, content: string): readonly Span[] | undefined => {
  // Offsets in code points to offsets in UTF-16 units.
  const units: number[] = [0];
  for (const character of content) units.push(units.at(-1)! + character.length);
  const wrong = (node: JsonValue, message: string): undefined => row.report("train-flag", "error", at(node), message) as undefined;
  if (value.kind !== "array") return wrong(value, '`train_detail` is a list: [{"begin_offset": 0, "end_offset": 9, "train": true}, …].');
  const parts: { start: number; end: number }[] = [];
  for (const item of value.items) {
    const [begin, end, train] = item.kind === "object" ? ["begin_offset", "end_offset", "train"].map((key) => valueOf(item, key)) : [];
    if (begin?.kind !== "number" || end?.kind !== "number" || train?.kind !== "boolean") return wrong(item, "Each part of `train_detail` has `begin_offset`, `end_offset` and `train`.");
    if (!(begin.value >= 0 && end.value >= begin.value && end.value < units.length - 1)) {
      return wrong(item, `This part lies outside of the text, whose characters are numbered 0 to ${units.length - 2}; the end is included.`);
    }
    if (train.value) parts.push({ start: units[begin.value]!, end: units[end.value + 1]! });
  }
  return joined(parts);
};

/** In order, without overlaps. */
export const joined = (parts: readonly Span[]): Span[] => {
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of [...parts].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) result.push({ start, end });
  }
  return result;
};
