/** Where the parts of a tuning project lie on disk, and where the parts of this program lie; starts and changes nothing but its own folder. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../core/errors";

export interface Project {
  readonly root: string;
  /** `.tunesmith`: ignored by git, holds everything that is not the user's own file. */
  readonly folder: string;
  readonly runsFolder: string;
  readonly modelsFolder: string;
}

/** Looks, creates nothing: an untrusted workspace may be opened too. */
export const openProject = (root: string): Project => {
  const folder = join(resolve(root), ".tunesmith");
  return { root: resolve(root), folder, runsFolder: join(folder, "runs"), modelsFolder: join(folder, "models") };
};

/** The project that a folder belongs to: the nearest folder upwards with `.tunesmith`, else with `.git`, else the folder itself. */
export const findProject = (folder: string): Project => {
  const start = resolve(folder);
  const above: string[] = [];
  for (let at = start; above.at(-1) !== at; at = dirname(at)) above.push(at);
  const holder = (name: string): string | undefined => above.find((each) => existsSync(join(each, name)));
  return openProject(holder(".tunesmith") ?? holder(".git") ?? start);
};

/** Makes `.tunesmith` with a .gitignore of its own, so that the user's .gitignore stays untouched. */
export const ensureProject = async (project: Project): Promise<void> => {
  await mkdir(project.runsFolder, { recursive: true });
  const ignore = join(project.folder, ".gitignore");
  if (!existsSync(ignore)) await writeFile(ignore, "*\n");
};

/** A path that belongs to this program: beside the bundle in `dist/`, or in the source tree when tests run it from there. */
const ownPath = (...parts: string[]): string => {
  const candidates = [resolve(__dirname, ".."), resolve(__dirname, "../..")].map((root) => join(root, ...parts));
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0]!;
};

/** The packaged starter: `base/`, the starter datasets and `starter.tune.json`. */
export const starterFolder = (): string => ownPath("starter");

export const workerScript = (): string => ownPath("dist", "worker.js");

/** The process that compares rows over whole files. */
export const analysisScript = (): string => ownPath("dist", "analysis.js");

/** The thread that reads rows as a base sees them. */
export const rowsScript = (): string => ownPath("dist", "rows.js");

export const tunesmithVersion = (): string => (JSON.parse(readFileSync(ownPath("package.json"), "utf8")) as { version: string }).version;

/**
 * Path of a base: "starter", an added model's name, or a Hugging Face folder or GGUF file (absolute, from the home folder, or relative to `relativeTo`).
 * Throws BASE_NOT_FOUND, BASE_INVALID.
 */
export const resolveBase = (project: Project, base: string, relativeTo: string): string => {
  if (base === "starter") {
    const folder = join(starterFolder(), "base");
    if (existsSync(join(folder, "config.json"))) return folder;
    throw new UserError("BASE_NOT_FOUND", `The starter base is missing from this installation (looked in ${folder}).`, "Install Tunesmith again, or name a Hugging Face folder as the base.");
  }
  const path = base.startsWith("~/") ? join(homedir(), base.slice(2)) : resolve(relativeTo, base);
  const found = [path, join(project.modelsFolder, base)].find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new UserError("BASE_NOT_FOUND", `There is no model folder ${path}.`, "Give a Hugging Face folder (with config.json, tokenizer.json and model.safetensors), a GGUF file, or \"starter\" for the embedded base.");
  }
  if (!statSync(found).isDirectory() && !/\.gguf$/i.test(found)) {
    throw new UserError("BASE_INVALID", `${found} is a file, and a base is a folder or a .gguf file.`, "Give the Hugging Face folder that holds config.json, tokenizer.json and model.safetensors, or a GGUF file.");
  }
  return found;
};
