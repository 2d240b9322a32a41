/** Throw-away folders and repositories for the tests of this folder and of test/integration. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];
afterAll(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Removed after the test file. */
export const temporaryFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tunesmith-test-")));
  made.push(folder);
  return folder;
};

/** git as a user would run it, free of this machine's own configuration. */
export const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: folder, encoding: "utf8", env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }, stdio: ["ignore", "pipe", "pipe"] });

/** A repository with one commit and a known author. */
export const repository = (): string => {
  const folder = emptyRepository();
  git(folder, "config", "user.name", "Ada");
  git(folder, "config", "user.email", "ada@example.com");
  writeFileSync(join(folder, "readme.md"), "hello\n");
  git(folder, "add", "readme.md");
  git(folder, "commit", "-q", "-m", "first");
  return folder;
};

/** No commit, and nobody configured. */
export const emptyRepository = (): string => {
  const folder = temporaryFolder();
  git(folder, "init", "-q", "-b", "main");
  return folder;
};
