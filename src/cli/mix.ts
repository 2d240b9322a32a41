/** `tunesmith mix`: builds what a *.mix.json describes, or says whether that is still up to date. */
import { type MixLock } from "../core/data/mixture/mixLock";
import { buildMixture, mixFiles, mixtureChanges } from "../project/mixtures";
import { counted, note, print, printJson } from "./output";

/** 0: built, or up to date; 1: with --check, something has changed since. */
export const mix = async (file: string, { check, json }: { readonly check?: boolean; readonly json?: boolean }): Promise<number> => {
  if (check) {
    const changes = await mixtureChanges(file);
    if (json) printJson({ file, upToDate: changes.length === 0, changes });
    else note(changes.length === 0 ? `${file} is up to date.` : `${changes.join(" ")} \`tunesmith mix ${file}\` builds it again.`);
    return changes.length === 0 ? 0 : 1;
  }
  const lock = await buildMixture(file);
  if (json) printJson({ file, train: mixFiles(file).train, eval: lock.files.length > 1 ? mixFiles(file).held : null, ...lock });
  else for (const line of describeMixture(lock)) print(line);
  return 0;
};

const describeMixture = ({ tasks, files, duplicates, nearDuplicates, losses }: MixLock): string[] => [
  ...tasks.map(({ task, rate, rows, available }) => `${task.padEnd(32)} ${`${(rate * 100).toFixed(1)}%`.padStart(7)}  ${rows.toLocaleString("en-US")} of ${counted(available, "row")}`),
  ...(duplicates > 0 ? [`${counted(duplicates, "row")} left out that say the same as another.`] : []),
  ...(nearDuplicates > 0 ? [`${counted(nearDuplicates, "row")} left out that say nearly the same as another.`] : []),
  ...losses.map(({ file, what, rows, leftOut }) => `${file}: ${leftOut ? "left out" : "not kept"}: ${what} (${counted(rows, "row")}).`),
  ...files.map(({ file, rows, sha256 }) => `${file}: ${counted(rows, "row")}, sha256 ${sha256.slice(0, 12)}`),
];
