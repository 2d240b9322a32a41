/** The only caller of git (through simple-git): one `exec`, and failures as UserErrors whose code comes from what git says. Knows nothing of runs or datasets. */
import { simpleGit } from "simple-git";
import { UserError } from "../core/errors";

export interface GitOptions {
  /** Added to the environment: a temporary index, an identity. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where another repository would be found instead of the one asked for (a hook has these set), and programs that no command here needs to start. */
const DROPPED = /^(GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|EDITOR|SEQUENCE_EDITOR|PAGER|ASKPASS|SSH|SSH_COMMAND|PROXY_COMMAND|EXTERNAL_DIFF|TEMPLATE_DIR)|EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX)$/i;

/** Messages are read, so git speaks English; it never asks, never locks for mere looking, and takes paths as they are written. */
const environmentOf = ({ environment }: GitOptions): Record<string, string> => {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !DROPPED.test(entry[0]));
  return { ...Object.fromEntries(inherited), LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", GIT_LITERAL_PATHSPECS: "1", ...environment };
};

/** Standard output of `git ARGS` in `folder`. Throws GIT_NOT_FOUND, GIT_NOT_A_REPOSITORY, GIT_FAILED. */
export const exec = async (folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> => {
  try {
    const git = simpleGit({
      baseDir: folder,
      // The user's own configuration variables and git installation are theirs to choose.
      unsafe: { allowUnsafeConfigPaths: true, allowUnsafeConfigEnvCount: true, allowUnsafePack: true },
      // Left alone, simple-git takes a failure that prints nothing for a success.
      errors: (error, result) => error ?? (result.exitCode === 0 ? undefined : Buffer.concat([...result.stdErr, ...result.stdOut])),
    });
    return await git.env(environmentOf(options)).raw([...args]);
  } catch (cause) {
    throw gitError(cause, folder, args);
  }
};

/** Like `exec`, but a failure of git itself (a name that does not exist) is undefined. */
export const tryExec = async (folder: string, args: readonly string[], options: GitOptions = {}): Promise<string | undefined> => {
  try {
    return await exec(folder, args, options);
  } catch (error) {
    if (error instanceof UserError && error.code === "GIT_FAILED") return undefined;
    throw error;
  }
};

const gitError = (cause: unknown, folder: string, args: readonly string[]): UserError => {
  const said = (cause instanceof Error ? cause.message : String(cause)).trim();
  const make = (code: "GIT_NOT_FOUND" | "GIT_NOT_A_REPOSITORY" | "GIT_FAILED", what: string, next: string): UserError => new UserError(code, what, next, { cause });
  if (/ENOENT|spawn git/.test(said)) return make("GIT_NOT_FOUND", "The program git was not found.", "Install git (https://git-scm.com) and see that it is on the PATH.");
  if (/not a git repository/i.test(said)) return make("GIT_NOT_A_REPOSITORY", `${folder} is not in a git repository.`, "Run `git init` there to keep versions of datasets and runs.");
  if (/dubious ownership/.test(said)) return make("GIT_FAILED", `git does not trust ${folder}: it belongs to another user.`, `If you do, run \`git config --global --add safe.directory ${folder}\`.`);
  if (/tell me who you are|unable to auto-detect email|empty ident name|no email was given/i.test(said)) {
    return make("GIT_FAILED", "git does not know who makes this commit.", "Run `git config --global user.name \"Your Name\"` and `git config --global user.email you@example.com`, then save again.");
  }
  if (/index\.lock/.test(said)) return make("GIT_FAILED", "Another git command is at work in this repository.", "Wait until it is done and try again; if none is running, delete .git/index.lock.");
  if (/partial commit during a merge|cannot do a partial commit/i.test(said)) return make("GIT_FAILED", "A merge is under way, and a single file cannot be committed during one.", "Finish or abort the merge, then save again.");
  if (/ignored by one of your \.gitignore/.test(said)) return make("GIT_FAILED", `git ignores this file: ${said.split("\n")[1] ?? ""}.`, "Take it out of .gitignore to keep versions of it.");
  return make("GIT_FAILED", `\`git ${args.find((arg) => !arg.startsWith("-")) ?? ""}\` failed: ${said.replace(/\s*\n\s*/g, " ") || "it gave no reason"}.`, "Mend what git says, then try again.");
};
