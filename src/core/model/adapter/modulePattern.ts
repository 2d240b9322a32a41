/** The patterns of rank_pattern and alpha_pattern: regular expressions over module names, as PEFT reads them, of a form that cannot take for ever. */

/** PEFT: a key is a regular expression that must match the end of the path, from its start or after a dot. */
export const modulePattern = (key: string): RegExp => new RegExp(key.startsWith("^") ? key : `^(.*\\.)?(${key})$`);

/** More repeats than this in a row take too long even over a short name. */
const MOST_REPEATS = 4;

/**
 * What is wrong with a key, in one clause; undefined: nothing. JavaScript cannot interrupt a match, and such files come from anywhere: so what can take exponential time
 * is refused by its form, which no module name needs (a repeated group that holds a repeat or a choice, or many repeats).
 */
export function patternFault(key: string): string | undefined {
  if (key.length > 500) return "is longer than 500 characters";
  try {
    modulePattern(key);
    new RegExp(key);
  } catch {
    return "is not a regular expression";
  }
  // Characters and classes are one place each; what is left is groups, choices and repeats.
  const form = key.replace(/\\./g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  const open: boolean[] = [];
  let repeats = 0, closed = false;
  for (const [token] of form.matchAll(/\(\?(?:[:=!]|<[=!]|<\w+>)|[()|]|[*+]|\{\d+(?:,\d*)?\}|./gs)) {
    const repeat = /^[*+{]/.test(token) && token !== "{";
    if (repeat) {
      if (closed) return "repeats a group that holds a repeat or a choice";
      if (++repeats > MOST_REPEATS) return `has more than ${MOST_REPEATS} repeats`;
    }
    if (repeat || token === "?" || token === "|") open.fill(true);
    closed = token === ")" && open.pop() === true;
    if (token.startsWith("(")) open.push(false);
  }
  return undefined;
}
