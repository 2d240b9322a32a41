/** How the window names a run: its project's root and its id. */
import { type RunSummary } from "../../project/runs";

export interface RunRef { readonly root: string; readonly id: string }

/** A run as the Runs view lists it. */
export interface KnownRun extends RunRef { readonly summary: RunSummary }

export const refKey = ({ root, id }: RunRef): string => `${root}\0${id}`;
export const isActive = ({ summary }: KnownRun): boolean => summary.status === "running" || summary.status === "queued";
export const isRunRef = (value: unknown): value is RunRef =>
  typeof value === "object" && value !== null && "root" in value && typeof value.root === "string" && "id" in value && typeof value.id === "string";
