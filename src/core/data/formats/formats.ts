/** Owns the table of dataset formats, in the order of asking where two fit equally well. */
import { type FormatName } from "../record";
import { type RowFormat } from "./format";
import { llamaFactoryV1, openaiChat, shareGpt } from "./openaiChat";
import { oasstMessages, oasstThread, oasstTree } from "./oasst";
import { pairFormats } from "./pairFormats";
import { kto, preferenceFormats, promptCompletion } from "./preference";
import { axolotlSegments, flanCot, naturalInstructions, plainText, selfInstruct } from "./tasks";

/** All formats that are found out by the keys of their rows. */
export const formatTable: readonly RowFormat[] = [
  ...pairFormats, openaiChat, shareGpt, promptCompletion, selfInstruct, naturalInstructions, flanCot, oasstTree, oasstThread, oasstMessages, llamaFactoryV1, axolotlSegments, ...preferenceFormats, kto, plainText,
];

export const formatNames: readonly FormatName[] = formatTable.map(({ name }) => name);

const byName = new Map(formatTable.map((format) => [format.name, format]));

/** Throws for `mapped`, which only a mapping describes. */
export const formatOf = (name: FormatName): RowFormat => {
  const format = byName.get(name);
  if (!format) throw new Error(`There is no format ${name} in the table.`);
  return format;
};

export const titleOf = (name: FormatName): string => byName.get(name)?.title ?? "Mapped columns";
