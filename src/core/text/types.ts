/** The types between a record and a batch: segments, examples and the tokenizer port. */
import { type Role } from "../data/record";

/** A piece of rendered text, in order; all of them concatenated are the text that the model sees. */
export interface Segment {
  readonly role: Role | "template"; readonly text: string; readonly trained: boolean;
  /** Goes on with the answer before it, of which another part is trained. */
  readonly continues?: true;
}

/** Token ids with labels: `labels[t]` is `ids[t]` where the loss sees it, else -100 (not shifted; PyTorch's convention). */
export interface Example {
  /** Line number from 0 in the dataset file. */
  readonly row: number;
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  /** How many tokens were cut at the end to fit `maxLength`. */
  readonly truncated: number;
  readonly segments: readonly Segment[];
}

export const IGNORE_LABEL = -100;

export interface Tokenizer {
  readonly vocabularySize: number;
  readonly bosToken: string | undefined; readonly eosToken: string | undefined; readonly padToken: string | undefined;
  readonly bosId: number | undefined; readonly eosId: number | undefined; readonly padId: number | undefined;
  readonly unkToken: string | undefined;
  /** Whether plain text gets the BOS token in front (the tokenizer's own post-processor says so). */
  readonly addsBos: boolean;
  /** Jinja source from tokenizer_config.json (or chat_template.jinja), if any. */
  readonly chatTemplate: string | undefined;
  /** Added tokens that are control marks rather than text (`<|im_end|>`, `</s>`). */
  readonly specialTokens?: readonly string[];
  /** Ids without adding BOS/EOS; special tokens written in the text are recognised. */
  encode(text: string): number[];
  /** Ids together with each token's first UTF-16 offset in `text`. */
  encodeWithOffsets(text: string): { ids: number[]; starts: number[] };
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** The token as it stands in the vocabulary, for token views. */
  tokenOf(id: number): string | undefined;
}
