/** Owns what the rows of a file make together once its kind is known: their problems, records, and the conversations that go over several rows. */
import { grouped } from "../../grouped";
import { FileRemarks } from "../checks/fileRemarks";
import { mixedRow, notAnObject } from "../checks/mixed";
import { type FormatKind } from "../formats/choose";
import { joinMessages, type LinkedMessage } from "../formats/oasst";
import { type Problem } from "../problem";
import { type DatasetRecord, type FormatName, type Message } from "../record";
import { placeProblem, placeRecords } from "./place";
import { type Reading } from "./reading";
import { type RowSource } from "./rowSource";

export interface TogetherOptions {
  /** Every row is read as this kind's format because somebody said so. */
  readonly isForced: boolean;
  /** Whether repairs that write JSON fit into the rows. */
  readonly writesJson: boolean;
  readonly remarks?: FileRemarks;
}

export class RowsTogether {
  readonly records: DatasetRecord[] = [];
  readonly remarks: FileRemarks;
  usable = 0;
  private readonly linked: LinkedMessage[] = [];

  constructor(private readonly kind: FormatKind, private readonly problems: Problem[], private readonly options: TogetherOptions) {
    this.remarks = options.remarks ?? new FileRemarks();
  }

  /** A row as its own format, or as the file's where it is none. `firstLine` is that of the source's block in the file. */
  add(source: RowSource, reading: Reading, firstLine = 0): void {
    if (reading.what !== "object") return;
    const { kind, options: { isForced, writesJson } } = this;
    const own = reading.kind;
    if (own && !isForced && own !== kind) placeAll(mixedRow(reading, own, kind), source, writesJson, this.problems);
    if (own && "shape" in own) return;
    const format = own?.format ?? kind.format;
    const result = reading.as(format, own?.signature);
    if (result.problems.length > 0) placeAll(result.problems, source, writesJson, this.problems);
    if (result.unused.length > 0 || result.remarks.length > 0) this.remarks.add(firstLine === 0 ? source : { ...source, line: firstLine + source.line }, result.unused, result.remarks);
    if (result.found.length === 0 || reading.problems.some(({ severity }) => severity === "error")) return;
    if (!format.links) {
      for (const record of placeRecords(result, source)) this.records.push(record);
      this.usable++;
    } else if (result.link) {
      const [message] = placeRecords(result, source)[0]!.messages;
      this.linked.push({ ...result.link, message: { ...message!, line: message!.line ?? source.line } });
    }
  }

  /** Whether rows are messages that make a conversation with other rows, wherever in the file those stand. */
  get goesOverRows(): boolean { return this.linked.length > 0; }

  /** The conversations of messages that stand on rows of their own. */
  join(): void {
    if (this.linked.length === 0) return;
    const conversations = joinMessages(this.linked);
    const taken = new Set(conversations.flat().map(placeOf));
    const left = this.linked.filter(({ message }) => !taken.has(placeOf(message)));
    this.usable += this.linked.length - left.length;
    if (left[0]) this.problems.push(leftMessages(left[0].message, left.length));
    for (const record of conversations.map((messages) => joinedRecord(messages, this.kind.format.name)).sort((a, b) => a.line - b.line)) this.records.push(record);
  }
}

/** What is wrong with a row before it is asked what its file is. */
export const ownProblems = (reading: Reading, source: RowSource, writesJson: boolean, problems: Problem[]): void => {
  if (reading.problems.length > 0) placeAll(reading.problems, source, writesJson, problems);
  if (reading.what !== "object") placeAll(notAnObject(reading), source, writesJson, problems);
};

/** A row's problems as the file's. */
export const placeAll = (found: readonly Problem[], source: RowSource, writesJson: boolean, problems: Problem[]): void => {
  for (const problem of found) problems.push(writesJson ? placeProblem(problem, source) : onlyRemovals(placeProblem(problem, source)));
};

/** Repairs of a table's rows: what they take out can go, what they write would be JSON. */
const onlyRemovals = (problem: Problem): Problem => {
  const fixes = problem.fixes.filter(({ edits }) => edits.every(({ newText }) => newText === ""));
  return { ...problem, fixes, fixable: fixes.some(({ preferred }) => preferred) };
};

const leftMessages = ({ line, span }: Message, count: number): Problem => ({
  code: "left-out", severity: "information", line: line!, span, fixable: false, fixes: [], message: `Messages that no answer follows teach nothing and are left out (${grouped(count)}).`,
});

const placeOf = ({ line, span }: Message): string => `${line}:${span.start}`;

/** Messages of several rows as one record, which counts as standing on the line of its last answer. */
const joinedRecord = (messages: readonly Message[], format: FormatName): DatasetRecord => {
  const line = messages.at(-1)!.line!;
  return { line, format, messages: messages.map((message) => message.line === line ? withoutLine(message) : message) };
};

const withoutLine = ({ line: _, ...message }: Message): Message => message;
