/** Datasets and runs as git objects: a dataset's version is an ordinary commit of just that file, a run's is a commit under a ref of its own. */
import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { UserError } from "../core/errors";
import { exec, tryExec } from "../node/git";
import { adapterFolder, initialAdapterFolder } from "./checkpoints";
import { type Project } from "./project";
import { DATASET_INFO } from "../node/readDataset";
import { datasetCopy, foldEvents, journalPath, manifestPath, openRun } from "./runs";
import { readJournal } from "./journal";

export interface DatasetVersion {
  readonly commit: string; readonly author: string; readonly time: string; readonly message: string;
  /** git id of the file's bytes. */
  readonly blob: string;
  readonly added: number; readonly removed: number;
}

/** The top folder of the repository that `folder` is in. Throws GIT_NOT_FOUND, GIT_NOT_A_REPOSITORY. */
export const repositoryRoot = async (folder: string): Promise<string> => (await exec(folder, ["rev-parse", "--show-toplevel"])).trim();

/** HEAD's commit; undefined where there is no commit yet. */
export const headCommit = async (folder: string): Promise<string | undefined> =>
  (await tryExec(folder, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]))?.trim();

const fileIn = async (root: string, file: string): Promise<{ top: string; path: string }> => {
  const path = resolve(root, file);
  if (!existsSync(path)) throw new UserError("DATASET_NOT_FOUND", `There is no dataset ${path}.`, "Check the path.");
  const top = await repositoryRoot(root);
  const inside = relative(realpathSync(top), realpathSync(path)).split(sep).join("/");
  if (inside.startsWith("../")) throw new UserError("GIT_FAILED", `${path} is outside of the repository ${top}.`, "Move it into the repository to keep versions of it.");
  return { top, path: inside };
};

/**
 * Commits the file as it is on disk, and nothing else: what else is staged stays staged. `saved` is false where the last
 * commit holds these very bytes. Throws DATASET_NOT_FOUND and git's codes.
 */
export const saveDataset = async (root: string, file: string, message?: string): Promise<DatasetVersion & { saved: boolean }> => {
  const { top, path } = await fileIn(root, file);
  const tracked = (await exec(top, ["ls-files", "--", path])) !== "";
  const unchanged = tracked && (await headCommit(top)) !== undefined && (await exec(top, ["diff", "--name-only", "HEAD", "--", path])) === "";
  if (!unchanged) {
    // --only takes what is known to the index; an intent to add makes it known without staging any bytes.
    if (!tracked) await exec(top, ["add", "--intent-to-add", "--", path]);
    try {
      await exec(top, ["commit", "--quiet", "--only", "-m", message ?? `Dataset ${basename(path)}`, "--", path]);
    } catch (error) {
      if (!tracked) await exec(top, ["rm", "--cached", "--quiet", "--force", "--", path]);
      throw error;
    }
  }
  const [version] = await log(top, path, 1);
  if (!version) throw new Error(`git has no commit of ${path} after committing it`);
  return { ...version, saved: !unchanged };
};

/** Newest first, through renames. Empty where the file was never committed. */
export const datasetLog = async (root: string, file: string): Promise<DatasetVersion[]> => {
  const { top, path } = await fileIn(root, file);
  return (await headCommit(top)) === undefined ? [] : log(top, path);
};

const log = async (top: string, path: string, limit?: number): Promise<DatasetVersion[]> => {
  const output = await exec(top, ["log", "--follow", ...(limit ? [`--max-count=${limit}`] : []), "--raw", "--numstat", "--no-abbrev", "--format=%x1e%H%x1f%an%x1f%aI%x1f%s", "--", path]);
  return output.split("\x1e").slice(1).map((entry) => {
    const [head = "", ...rest] = entry.split("\n").filter((line) => line !== "");
    const [commit = "", author = "", time = "", message = ""] = head.split("\x1f");
    // :oldmode newmode oldblob newblob status path
    const blob = rest.find((line) => line.startsWith(":"))?.split(" ")[3] ?? "";
    const [added = "0", removed = "0"] = rest.find((line) => /^[\d-]+\t/.test(line))?.split("\t") ?? [];
    return { commit, author, time, message, blob, added: Number(added) || 0, removed: Number(removed) || 0 };
  });
};

export const runRef = (id: string): string => `refs/tunesmith/runs/${id}`;

/** Commits of the saved runs by run id; empty outside of a repository. */
export const runVersions = async (project: Project): Promise<Map<string, string>> => {
  const output = await exec(project.root, ["for-each-ref", "--format=%(refname) %(objectname)", "refs/tunesmith/runs/"]);
  return new Map(output.split("\n").flatMap((line): [string, string][] => {
    const [ref, commit] = line.split(" ");
    return ref && commit ? [[ref.slice(runRef("").length), commit]] : [];
  }));
};

/**
 * A run with an adapter as a commit under its own ref: run.json, journal, adapter, datasets and the adapter it started from, on top of the HEAD that it
 * started from. Built in a temporary index: branch, index and work tree are never touched. `lastEvents` are journal lines
 * about to be written. Throws ADAPTER_NOT_FOUND and git's codes.
 */
export const saveRunVersion = async (project: Project, id: string, lastEvents = ""): Promise<{ ref: string; commit: string }> => {
  const run = await openRun(project, id);
  const adapter = adapterFolder(run.folder);
  if (!existsSync(adapter)) throw new UserError("ADAPTER_NOT_FOUND", `Run ${run.id} has no adapter to save.`, "Let it finish, or stop it, first.");
  const temporary = await mkdtemp(join(tmpdir(), "tunesmith-"));
  try {
    const top = await repositoryRoot(project.root);
    const journal = join(temporary, "journal.jsonl");
    await writeFile(journal, Buffer.concat([await readFile(journalPath(run.folder)), Buffer.from(lastEvents)]));
    const { data, eval: evalData } = run.manifest;
    const files: [name: string, path: string][] = [
      ["run.json", manifestPath(run.folder)],
      ["journal.jsonl", journal],
      ...(await readdir(adapter)).map((name): [string, string] => [`adapter/${name}`, join(adapter, name)]),
      ...Object.keys(run.manifest.adapter?.files ?? {}).map((name): [string, string] => [`initial_adapter/${name}`, join(initialAdapterFolder(run.folder), name)]),
      [`data/${basename(data.path)}`, datasetCopy(run.folder, data, "data")],
      ...(evalData ? [[`eval/${basename(evalData.path)}`, datasetCopy(run.folder, evalData, "eval")] as [string, string]] : []),
    ];
    for (const kind of ["data", "eval"]) if (existsSync(join(run.folder, kind, DATASET_INFO))) files.push([`${kind}/${DATASET_INFO}`, join(run.folder, kind, DATASET_INFO)]);
    const index = { environment: { GIT_INDEX_FILE: join(temporary, "index") } };
    for (const [name, path] of files) {
      // No filters: these bytes are what a later run must find.
      const blob = (await exec(top, ["hash-object", "-w", "--no-filters", "--", path])).trim();
      await exec(top, ["update-index", "--add", "--cacheinfo", `100644,${blob},${name}`], index);
    }
    const tree = (await exec(top, ["write-tree"], index)).trim();
    const started = run.manifest.head;
    const parent = started !== undefined && (await tryExec(top, ["cat-file", "-e", `${started}^{commit}`])) !== undefined ? started : await headCommit(top);
    const { step, evalLoss } = foldEvents([...await readJournal(journalPath(run.folder)), ...lastEvents.split("\n").filter(Boolean).map((line) => JSON.parse(line))]);
    const message = `Tunesmith run ${run.id}: ${run.manifest.name}\n\nBase ${run.manifest.base.name}, dataset ${data.path} (${data.blob.slice(0, 12)}), ${step} steps${evalLoss === null ? "" : `, evaluation loss ${evalLoss.toFixed(4)}`}.`;
    const commit = (await exec(top, ["commit-tree", tree, ...(parent ? ["-p", parent] : []), "-m", message], { environment: await identity(top) })).trim();
    await exec(top, ["update-ref", "-m", "tunesmith: run finished", runRef(run.id), commit]);
    return { ref: runRef(run.id), commit };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** A run's version is made by a program, perhaps at night: where git knows no name, it goes under the program's. */
const identity = async (top: string): Promise<Record<string, string>> => {
  if ((await tryExec(top, ["var", "GIT_COMMITTER_IDENT"])) !== undefined && (await tryExec(top, ["config", "user.email"])) !== undefined) return {};
  const [name, email] = ["Tunesmith", "tunesmith@localhost"];
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
};
