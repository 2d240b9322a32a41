/** Owns the report as JSON for scripts: a promise of its shape, lines counted from 1. */
import { type DatasetReport } from "./datasetReport";

/** Of each list of lines the first 1,000; what there is none of is null. */
export const reportJson = (file: string, report: DatasetReport): object =>
  ({ file, basis: null, lengths: null, trained: null, tokens: null, categories: null, ...fromOne(report) as object, format: report.format ?? null });

const fromOne = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromOne);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, own]) => own !== undefined).map(([key, own]) => [key, key === "lines" && Array.isArray(own) ? own.map((line: number) => line + 1) : fromOne(own)]));
};
