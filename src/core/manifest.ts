/** What a run records so that it can be traced and repeated: the shape of `run.json`. */
import * as z from "zod";
import { type Choices } from "./train/choices";
import { type RunConfig, runConfigSchema } from "./train/runConfig";

export interface FileIdentity { /** as given, relative to the project where possible */ path: string; /** git blob id (SHA-1) of the bytes */ blob: string; bytes: number }

export interface RunManifest {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly config: RunConfig;
  readonly data: FileIdentity;
  readonly eval?: FileIdentity;
  /** The adapter that training started from (adapter_name_or_path), and SHA-256 of its files; the run keeps a copy in initial_adapter/. */
  readonly adapter?: { path: string; files: Record<string, string> };
  /** Absolute path of the base (a folder or a GGUF file), and SHA-256 of the files that define it. */
  readonly base: { path: string; name: string; files: Record<string, string> };
  readonly versions: { tunesmith: string; onnxruntime: string; node: string };
  readonly device: string;
  /** What was decided since, where the run went on: without it the config alone would not repeat the run. */
  readonly choices?: Choices;
  /** Commit that HEAD pointed to when the run started, where the project is a git repository. */
  readonly head?: string;
}

const file = z.looseObject({ path: z.string().min(1), blob: z.string(), bytes: z.number().nonnegative() }), hashes = z.record(z.string(), z.string());
const schema = z.looseObject({
  id: z.string().min(1), name: z.string(), created: z.string(), config: runConfigSchema.loose(), data: file, eval: file.optional(), adapter: z.looseObject({ path: z.string(), files: hashes }).optional(),
  base: z.looseObject({ path: z.string().min(1), name: z.string(), files: hashes }), versions: z.looseObject({ tunesmith: z.string() }), device: z.string(), head: z.string().optional(),
});

/** A manifest, with defaults for settings that are newer than it; or why the value is none, naming the field. */
export const parseManifest = (value: unknown): { readonly manifest: RunManifest } | { readonly fault: string } => {
  const { data, error } = schema.safeParse(value), issue = error?.issues[0];
  return issue ? { fault: `${issue.path.map(String).join(".") || "the file"}: ${issue.message}` } : { manifest: data as unknown as RunManifest };
};
