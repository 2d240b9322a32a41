/** Owns the way from a record to token ids and labels: the mask that the preview colours is the mask that the loss uses. */
import { type DatasetRecord } from "../data/record";
import { type PromptTemplate, renderRecord } from "./template";
import { type Example, IGNORE_LABEL, type Segment, type Tokenizer } from "./types";

/** A whole row as the model would see it, before anything is cut off. */
export interface EncodedRow {
  /** All segments in one. */
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly ids: readonly number[];
  /** UTF-16 offset in `text` of each token's first character. */
  readonly starts: readonly number[];
  /** As `Example`'s. */
  readonly labels: readonly number[];
}

/** The whole text is encoded at once, as it will be at inference; a token is labelled if its first character lies in a trained segment. Throws TEMPLATE_FAILED. */
export function encodeRecord(record: DatasetRecord, template: PromptTemplate, tokenizer: Tokenizer): EncodedRow {
  const segments = renderRecord(record, template);
  const text = segments.map((segment) => segment.text).join("");
  const { ids, starts } = tokenizer.encodeWithOffsets(text);
  const trained = trainedAt(segments);
  return { text, segments, ids, starts, labels: ids.map((id, t) => (trained(starts[t]!) ? id : IGNORE_LABEL)) };
}

/** Cut at `maxLength` tokens. Throws TEMPLATE_FAILED. */
export function toExample(record: DatasetRecord, template: PromptTemplate, tokenizer: Tokenizer, maxLength: number): Example {
  const { segments, ids, labels } = encodeRecord(record, template, tokenizer);
  return { row: record.line, ids: ids.slice(0, maxLength), labels: labels.slice(0, maxLength), truncated: Math.max(0, ids.length - maxLength), segments };
}

/** Whether the character at an offset is trained; offsets are asked for in ascending order. */
function trainedAt(segments: readonly Segment[]): (offset: number) => boolean {
  let index = 0, end = segments[0]?.text.length ?? 0;
  return (offset) => {
    while (offset >= end && index < segments.length - 1) end += segments[++index]!.text.length;
    return segments[index]?.trained ?? false;
  };
}
