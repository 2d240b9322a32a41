/** versions.ts: a dataset's commit takes just that file; a run's commit touches neither branch, index nor work tree. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runConfigSchema } from "../../src/core/train/runConfig";
import { openProject } from "../../src/project/project";
import { createRun, writeManifest, type Run } from "../../src/project/runs";
import { datasetLog, runVersions, saveDataset, saveRunVersion } from "../../src/project/versions";
import { emptyRepository, git, repository, temporaryFolder } from "./folders";

beforeEach(() => { vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null"); vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1"); });
afterEach(() => { vi.unstubAllEnvs(); });

const rows = '{"instruction":"a","output":"b"}\n';

test("saves a new file, then a change, then nothing", async () => {
  const root = repository();
  writeFileSync(join(root, "rows.jsonl"), rows);
  const first = await saveDataset(root, "rows.jsonl", "my rows");
  expect(first).toMatchObject({ saved: true, message: "my rows", author: "Ada", added: 1, removed: 0 });
  expect(first.blob).toBe(git(root, "hash-object", "rows.jsonl").trim());
  writeFileSync(join(root, "rows.jsonl"), rows + rows);
  const second = await saveDataset(root, join(root, "rows.jsonl"));
  expect(second).toMatchObject({ saved: true, message: "Dataset rows.jsonl" });
  expect(await saveDataset(root, "rows.jsonl")).toMatchObject({ saved: false, commit: second.commit });
  expect((await datasetLog(root, "rows.jsonl")).map(({ commit }) => commit)).toEqual([second.commit, first.commit]);
  expect(git(root, "status", "--porcelain")).toBe("");
});

test("whatever else is staged stays exactly as it is staged", async () => {
  const root = repository();
  mkdirSync(join(root, "data"));
  writeFileSync(join(root, "data", "rows [1].jsonl"), rows);
  writeFileSync(join(root, "staged.txt"), "staged\n");
  git(root, "add", "staged.txt");
  writeFileSync(join(root, "staged.txt"), "staged, then edited\n");
  writeFileSync(join(root, "readme.md"), "changed\n");
  git(root, "add", "readme.md");
  writeFileSync(join(root, "untracked.txt"), "x");
  const before = { staged: git(root, "diff", "--cached"), unstaged: git(root, "diff"), index: git(root, "ls-files", "-s", "staged.txt", "readme.md") };
  await saveDataset(root, "data/rows [1].jsonl");
  expect({ staged: git(root, "diff", "--cached"), unstaged: git(root, "diff"), index: git(root, "ls-files", "-s", "staged.txt", "readme.md") }).toEqual(before);
  expect(git(root, "show", "--name-only", "--format=", "HEAD").trim()).toBe("data/rows [1].jsonl");
  expect(git(root, "status", "--porcelain").trim().split("\n").map((line) => line.trim()).sort()).toEqual(["?? untracked.txt", "AM staged.txt", "M  readme.md"].sort());
});

test("a refused commit leaves the index as it was", async () => {
  const root = repository();
  writeFileSync(join(root, "rows.jsonl"), rows);
  writeFileSync(join(root, ".git", "hooks", "pre-commit"), "#!/bin/sh\necho no rows today >&2\nexit 1\n");
  chmodSync(join(root, ".git", "hooks", "pre-commit"), 0o755);
  await expect(saveDataset(root, "rows.jsonl")).rejects.toMatchObject({ code: "GIT_FAILED", what: expect.stringContaining("no rows today") });
  expect(git(root, "status", "--porcelain")).toBe("?? rows.jsonl\n");
  expect(readFileSync(join(root, "rows.jsonl"), "utf8")).toBe(rows);
});

test("a first commit in an empty repository, from a subfolder, and who is it?", async () => {
  const root = emptyRepository();
  mkdirSync(join(root, "sub"));
  writeFileSync(join(root, "sub", "rows.jsonl"), rows);
  expect(await datasetLog(join(root, "sub"), "rows.jsonl")).toEqual([]);
  git(root, "config", "user.useConfigOnly", "true");
  await expect(saveDataset(join(root, "sub"), "rows.jsonl")).rejects.toMatchObject({ code: "GIT_FAILED", next: expect.stringContaining("user.name") });
  git(root, "config", "user.name", "Ada");
  git(root, "config", "user.email", "ada@example.com");
  expect(await saveDataset(join(root, "sub"), "rows.jsonl")).toMatchObject({ saved: true });
});

test("what cannot be saved is said", async () => {
  const root = repository();
  await expect(saveDataset(root, "none.jsonl")).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  writeFileSync(join(root, ".gitignore"), "*.jsonl\n");
  writeFileSync(join(root, "rows.jsonl"), rows);
  await expect(saveDataset(root, "rows.jsonl")).rejects.toMatchObject({ code: "GIT_FAILED", next: expect.stringContaining(".gitignore") });
  const outside = join(temporaryFolder(), "rows.jsonl");
  writeFileSync(outside, rows);
  await expect(saveDataset(root, outside)).rejects.toMatchObject({ code: "GIT_FAILED" });
  await expect(saveDataset(temporaryFolder(), outside)).rejects.toMatchObject({ code: "GIT_NOT_A_REPOSITORY" });
});

/** A run as a worker leaves it, without training one. */
const finishedRun = async (root: string): Promise<Run> => {
  const base = join(temporaryFolder(), "base");
  mkdirSync(base);
  writeFileSync(join(root, "rows.jsonl"), rows);
  const run = await createRun(openProject(root), { config: runConfigSchema.parse({ data: "rows.jsonl", base }), configFolder: root });
  mkdirSync(join(run.folder, "adapter"));
  writeFileSync(join(run.folder, "adapter", "adapter_config.json"), "{}");
  writeFileSync(join(run.folder, "adapter", "adapter_model.safetensors"), Buffer.from([1, 2, 0, 255, 13, 10]));
  return run;
};

test("a run's version is a commit of its own, and the user's repository is untouched", async () => {
  const root = repository();
  writeFileSync(join(root, "readme.md"), "staged\n");
  git(root, "add", "readme.md");
  const run = await finishedRun(root);
  const state = (): unknown => [git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD", "main"), git(root, "ls-files", "-s"), readFileSync(join(root, ".git", "index")).toString("base64"), git(root, "stash", "list")];
  const before = state();
  const end = `${JSON.stringify({ event: "end", run: run.id, status: "finished", step: 9, adapter: null, evalLoss: 0.5, seconds: 1 })}\n`;
  const { ref, commit } = await saveRunVersion(openProject(root), run.id, end);
  expect(state()).toEqual(before);
  expect(git(root, "rev-parse", ref).trim()).toBe(commit);
  expect(git(root, "ls-tree", "-r", "--name-only", ref).trim().split("\n")).toEqual(["adapter/adapter_config.json", "adapter/adapter_model.safetensors", "data/rows.jsonl", "journal.jsonl", "run.json"]);
  expect(git(root, "show", `${ref}:journal.jsonl`)).toBe(end);
  expect(git(root, "rev-parse", `${ref}:data/rows.jsonl`).trim()).toBe(run.manifest.data.blob);
  expect(git(root, "rev-parse", `${ref}^`)).toBe(git(root, "rev-parse", "HEAD"));
  expect(git(root, "log", "-1", "--format=%an %s", ref).trim()).toBe(`Ada Tunesmith run ${run.id}: rows`);
  expect(await runVersions(openProject(root))).toEqual(new Map([[run.id, commit]]));
});

test("the parent is the HEAD that the run started from, where it still exists", async () => {
  const root = repository();
  const run = await finishedRun(root);
  const head = git(root, "rev-parse", "HEAD").trim();
  await writeManifest(run.folder, { ...run.manifest, head });
  git(root, "commit", "-q", "--allow-empty", "-m", "meanwhile");
  const { ref } = await saveRunVersion(openProject(root), run.id);
  expect(git(root, "rev-parse", `${ref}^`).trim()).toBe(head);
});

test("an empty repository with nobody configured: no parent, the program's own name", async () => {
  const root = emptyRepository();
  const run = await finishedRun(root);
  const { ref } = await saveRunVersion(openProject(root), run.id);
  expect(git(root, "log", "--format=%an <%ae>", ref).trim()).toBe("Tunesmith <tunesmith@localhost>");
});

test("a run without an adapter, and a project without a repository", async () => {
  const root = repository();
  const run = await finishedRun(root);
  rmSync(join(run.folder, "adapter"), { recursive: true });
  await expect(saveRunVersion(openProject(root), run.id)).rejects.toMatchObject({ code: "ADAPTER_NOT_FOUND" });
  const bare = temporaryFolder();
  const other = await finishedRun(bare);
  await expect(saveRunVersion(openProject(bare), other.id)).rejects.toMatchObject({ code: "GIT_NOT_A_REPOSITORY" });
});
