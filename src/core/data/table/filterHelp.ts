/** What the filter of the table understands, for people: each example stands alone or with others. */
export const FILTER_HELP: readonly (readonly [example: string, meaning: string])[] = [
  ["capital", "the text contains it, in any letter case"], ['"the capital"', "a phrase"], ["/colou?r/i", "a regular expression matches a text"],
  ["output:capital", "in this column; also output:/^Yes/"], ["output=\"\"", "the column is exactly this"], ["has:input", "the column is there and not empty"],
  ["problem:empty-output", "the row has this problem; also problem:error, problem:warning, problem:any"], ["role:system", "a message has this role"], ["turns>4", "number of messages"],
  ["line:3,7-12", "the row stands on one of these lines"], ["length>2000", "bytes of the row"], ["output.length>500", "characters of the column"], ["is:broken", "also is:duplicate, is:edited, is:blank"], ["-capital", "a minus before any of these: rows without it"],
];
