/** Owns patterns for names of files, as VS Code's settings have them: `*` and `?` within a name, `**` over folders, `{a,b}`. */

/** A pattern without a slash fits the name in any folder; `path` has slashes and is relative. */
export const matchesGlob = (pattern: string, path: string): boolean => {
  const subject = pattern.includes("/") ? path : path.slice(path.lastIndexOf("/") + 1);
  return alternatives(pattern.replace(/^\.?\//, "")).some((one) => fits(one.split("/"), subject.split("/")));
};

/** `{a,b}` written out; more than this many are cut off. */
const MOST = 100;
const alternatives = (pattern: string): string[] => {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0 && open.length + done.length <= MOST) {
    const next = open.pop()!, match = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(next);
    if (match) open = [...open, ...match[2]!.split(",").map((choice) => `${match[1]!}${choice}${match[3]!}`)];
    else done.push(next);
  }
  return done;
};

const fits = (pattern: readonly string[], path: readonly string[]): boolean => fitsAll(pattern, path, "**", (part, name) => fitsAll([...part], [...name], "*", (one, other) => one === "?" || one === other));

/** Whether parts with wild ones among them fit the whole. Goes back over the last wild part alone, so that no pattern takes long. */
const fitsAll = (parts: readonly string[], whole: readonly string[], wild: string, same: (part: string, piece: string) => boolean): boolean => {
  let [at, from, last, kept] = [0, 0, -1, 0];
  while (from < whole.length) {
    const part = parts[at];
    if (part === wild) [last, kept, at] = [at, from, at + 1];
    else if (part !== undefined && same(part, whole[from]!)) [at, from] = [at + 1, from + 1];
    else if (last >= 0) [at, from] = [last + 1, ++kept];
    else return false;
  }
  while (parts[at] === wild) at++;
  return at === parts.length;
};
