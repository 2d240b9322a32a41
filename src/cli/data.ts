/** `tunesmith data`: versions of a dataset as ordinary git commits of just that file. */
import { dirname, resolve } from "node:path";
import { datasetLog, saveDataset } from "../project/versions";
import { print, printJson } from "./output";

interface Json { readonly json?: boolean }

export const dataSave = async (file: string, { message, json }: Json & { readonly message?: string }): Promise<number> => {
  const version = await saveDataset(folderOf(file), resolve(file), message);
  if (json) printJson({ file, ...version });
  else process.stderr.write(version.saved ? `Saved ${file} as ${version.commit.slice(0, 12)} (+${version.added} -${version.removed} rows).\n` : `${file} is unchanged since ${version.commit.slice(0, 12)}; nothing to save.\n`);
  return 0;
};

export const dataLog = async (file: string, { json }: Json): Promise<number> => {
  const versions = await datasetLog(folderOf(file), resolve(file));
  if (json) printJson({ file, versions });
  else if (versions.length === 0) process.stderr.write(`${file} has no saved version yet. Save one with \`tunesmith data save ${file}\`.\n`);
  else for (const { commit, time, added, removed, author, message } of versions) print(`${commit.slice(0, 12)}  ${time}  ${`+${added} -${removed}`.padEnd(12)}  ${author}  ${message}`);
  return 0;
};

/** The repository is the one around the file, wherever the command is called from. */
const folderOf = (file: string): string => dirname(resolve(file));
