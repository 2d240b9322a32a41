/** Owns what a dataset is in numbers: one value that the page, the command line and the saved files show alike. */
import { type FormatName, type Role } from "../record";
import { type ProblemCode, type Severity } from "../problem";
import { type Categories } from "./category";
import { type Slice } from "./columns";
import { type Instructions } from "./instructions";
import { type Lengths } from "./lengths";

/** Tokens of all conversations as the base sees them. */
export interface TokenCounts {
  /** Within the limit: seen by the loss, and read only. */
  readonly trained: number; readonly read: number;
  /** Beyond the limit, of both kinds. */
  readonly cutTrained: number; readonly cutRead: number;
}

export interface RoleCount { readonly role: Role; readonly messages: number; readonly words: number; readonly characters: number }
export interface ProblemSlice { readonly code: ProblemCode; readonly severity: Severity; readonly count: number; readonly lines: readonly number[] }

export interface DatasetReport {
  readonly format: FormatName | undefined;
  readonly formatReason: string;
  readonly bytes: number;
  /** What the lists of lines hold, where it is not lines: rows of an array share their lines, so that they are counted themselves, from 0. */
  readonly places?: "rows";
  /** Of the file; those that can be trained on; what they make: a row may hold several conversations, or be one message of some. */
  readonly rows: number; readonly usable: number; readonly conversations: number;
  /** What the lengths are counted with; undefined: in words. */
  readonly basis: { readonly maxLength: number; readonly template: "chat" | "alpaca" } | undefined;
  /** Of conversations, in tokens or words; undefined where there is none. */
  readonly lengths: Lengths | undefined;
  /** Trained tokens within the limit, of each conversation. */
  readonly trained: Lengths | undefined;
  readonly tokens: TokenCounts | undefined;
  readonly roles: readonly RoleCount[];
  /** Messages of a conversation, without the system's. */
  readonly turns: readonly Slice[];
  /** Who speaks in which order: the most frequent ways. */
  readonly patterns: readonly Slice[];
  readonly categories: Categories | undefined;
  readonly instructions: Instructions;
  /** Of whole conversations. */
  readonly languages: readonly Slice[];
  /** Asked in one, answered in another. */
  readonly crossings: readonly Slice[];
  /** Conversations that say what others say, by how alike; the rest is unlike any other. */
  readonly duplicates: readonly Slice[];
  readonly problems: readonly ProblemSlice[];
}
