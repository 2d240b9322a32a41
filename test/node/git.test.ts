/** git.ts: what git says becomes a coded error with a next step. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { exec, tryExec } from "../../src/node/git";
import { repository, temporaryFolder } from "../project/folders";

test("answers with standard output", async () => {
  expect(await exec(repository(), ["log", "--format=%s"])).toBe("first\n");
});

test("outside of a repository", async () => {
  await expect(exec(temporaryFolder(), ["status"])).rejects.toMatchObject({ code: "GIT_NOT_A_REPOSITORY", next: expect.stringContaining("git init") });
});

test("no git on the PATH", async () => {
  vi.stubEnv("PATH", temporaryFolder());
  try {
    await expect(exec(temporaryFolder(), ["status"])).rejects.toMatchObject({ code: "GIT_NOT_FOUND" });
  } finally {
    vi.unstubAllEnvs();
  }
});

test("a failure with nothing on standard error is a failure", async () => {
  const folder = repository();
  writeFileSync(join(folder, "readme.md"), "other\n");
  await expect(exec(folder, ["diff", "--quiet"])).rejects.toMatchObject({ code: "GIT_FAILED" });
  expect(await tryExec(folder, ["diff", "--quiet"])).toBeUndefined();
});

test("another command's lock is named as such", async () => {
  const folder = repository();
  writeFileSync(join(folder, ".git", "index.lock"), "");
  await expect(exec(folder, ["add", "readme.md"])).rejects.toMatchObject({ code: "GIT_FAILED", what: expect.stringContaining("Another git command") });
});

test("a hook's variables do not lead to another repository", async () => {
  const folder = repository();
  vi.stubEnv("GIT_DIR", join(repository(), ".git"));
  vi.stubEnv("GIT_EDITOR", "vi");
  try {
    expect((await exec(folder, ["rev-parse", "--show-toplevel"])).trim()).toBe(folder);
  } finally {
    vi.unstubAllEnvs();
  }
});
