/** Owns what a row looks like to a person who asks what the model sees of it: its text in segments, its tokens, and what is trained. */
import { type DatasetRecord } from "../data/record";
import { type Basis, type RowReading, readRow } from "./lint";
import { mapRow } from "./rowMap";
import { specialsOf } from "./specialTokens";
import { IGNORE_LABEL, type Segment } from "./types";

export interface SeenRow extends RowReading {
  /** Each with the number of its message in the record; null for the template's own words. */
  readonly segments: readonly (Segment & { readonly message: number | null })[];
  /** Tokens as the vocabulary writes them, in the order of the ids. */
  readonly names: readonly string[];
  /** Indexes of tokens. */
  readonly trainedTokens: readonly number[];
  readonly specialTokens: readonly number[];
}

/** `line` is the record's text. Nothing is left out: what is beyond `maxLength` is there too, and `kept` says where it begins. */
export const seeRow = (record: DatasetRecord, line: string, basis: Basis): SeenRow => {
  const reading = readRow(record, line, basis);
  const { encoded } = reading;
  if (!encoded) return { ...reading, segments: [], names: [], trainedTokens: [], specialTokens: [] };
  const map = mapRow(encoded.segments, record, line);
  const special = specialsOf(basis.tokenizer).ids;
  let offset = 0;
  const segments = encoded.segments.map((segment) => {
    const message = segment.role === "template" ? undefined : map.messageAt(offset);
    offset += segment.text.length;
    return { ...segment, message: message ?? null };
  });
  const indexes = (chosen: (id: number, index: number) => boolean): number[] => encoded.ids.flatMap((id, index) => chosen(id, index) ? [index] : []);
  return {
    ...reading, segments,
    names: encoded.ids.map((id) => basis.tokenizer.tokenOf(id) ?? `#${id}`),
    trainedTokens: indexes((_, index) => index < reading.kept && encoded.labels[index] !== IGNORE_LABEL),
    specialTokens: indexes((id) => special.has(id)),
  };
};
