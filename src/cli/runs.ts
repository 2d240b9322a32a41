/** `tunesmith runs`: list, show, follow, stop, resume and delete the runs of the project around the current folder. */
import { UserError } from "../core/errors";
import { type Choices } from "../core/train/choices";
import { startRun, stopRun } from "../project/client";
import { checkpointsOf } from "../project/checkpoints";
import { readJournal } from "../project/journal";
import { findProject } from "../project/project";
import { deleteRun, journalPath, listRuns, openRun, summarize, type RunSummary } from "../project/runs";
import { runVersions } from "../project/versions";
import { concludeRun, followRun } from "./follow";
import { print, printJson } from "./output";

interface Json { readonly json?: boolean }

export const runsList = async ({ json }: Json): Promise<number> => {
  const runs = await listRuns(findProject(process.cwd()));
  if (json) printJson({ runs });
  else if (runs.length === 0) process.stderr.write("No runs yet. Start one with `tunesmith train --data FILE`.\n");
  else {
    const rows = [["RUN", "NAME", "STATUS", "STEP", "LOSS", "EVAL", "BASE"], ...runs.map(rowOf)];
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    for (const row of rows) print(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  }
  return 0;
};

const figure = (loss: number | null): string => loss?.toFixed(4) ?? "";
const rowOf = ({ id, name, status, step, steps, loss, evalLoss, base }: RunSummary): string[] => [id, name, status, steps > 0 ? `${step}/${steps}` : "", figure(loss), figure(evalLoss), base];

export const runsShow = async (id: string, { json }: Json): Promise<number> => {
  const project = findProject(process.cwd());
  const run = await openRun(project, id);
  const [summary, checkpoints, version] = [await summarize(run), await checkpointsOf(run.folder), await savedVersion(project, run.id)];
  if (json) {
    printJson({ ...summary, folder: run.folder, version, checkpoints, manifest: run.manifest });
    return 0;
  }
  const { manifest } = run;
  print([
    `run       ${summary.id} (${summary.name}), ${summary.status}`, `created   ${summary.created}`,
    `steps     ${summary.step}${summary.steps > 0 ? ` of ${summary.steps}` : ""}, loss ${figure(summary.loss) || "-"}, evaluation loss ${figure(summary.evalLoss) || "-"}`,
    `base      ${manifest.base.path}`, `data      ${manifest.data.path} (${manifest.data.blob.slice(0, 12)})`, ...(manifest.eval ? [`eval      ${manifest.eval.path} (${manifest.eval.blob.slice(0, 12)})`] : []),
    `adapter   ${summary.adapter ?? "none yet"}`, ...(checkpoints.length > 0 ? [`saved     checkpoints at step ${checkpoints.map(({ step }) => step).join(" and ")}`] : []), ...(version ? [`version   ${version}`] : []),
    ...(summary.pause ? [`paused    [${summary.pause.code}] ${summary.pause.what} ${summary.pause.next}`] : []), ...(manifest.choices ? choiceLines(manifest.choices) : []),
    ...(summary.error ? [`error     [${summary.error.code}] ${summary.error.what} ${summary.error.next}`] : []), `config    ${JSON.stringify(manifest.config)}`,
  ].join("\n"));
  return 0;
};

/** What was decided while the run was under way. */
const choiceLines = ({ accepted, skipped, changes }: Choices): string[] => [
  ...changes.map(({ from, settings }) => `changed   ${Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`).join(" ")} after step ${from}`),
  ...(skipped.length > 0 ? [`left out  step ${skipped.join(", ")}`] : []), ...(accepted.length > 0 ? [`accepted  step ${accepted.join(", ")}`] : []),
];

/** The run's commit in git, if the project is in a repository and the run was saved there. */
const savedVersion = async (project: ReturnType<typeof findProject>, id: string): Promise<string | null> => {
  try {
    return (await runVersions(project)).get(id) ?? null;
  } catch (error) {
    if (error instanceof UserError) return null; // No git here: no version, and nothing wrong with the run.
    throw error;
  }
};

export const runsFollow = async (id: string, { json }: Json): Promise<number> => {
  const project = findProject(process.cwd());
  const run = await openRun(project, id);
  return concludeRun(run, await followRun(project, run, { json, interrupt: "leave" }));
};

export const runsStop = async (id: string, { json }: Json): Promise<number> => {
  const project = findProject(process.cwd());
  const run = await openRun(project, id);
  const stopped = await stopRun(project, run.id);
  if (stopped) {
    const end = await followRun(project, run, { interrupt: "leave", quiet: true });
    if (end?.status === "failed") return concludeRun(run, end);
  }
  const { status, step } = await summarize(run);
  if (json) printJson({ run: run.id, status, step });
  else process.stderr.write(stopped ? `Run ${run.id} stopped at step ${step}. Go on with \`tunesmith runs resume ${run.id}\`.\n` : `Run ${run.id} was not training (${status}).\n`);
  return 0;
};

interface ResumeFlags extends Json { readonly detach?: boolean; readonly skip?: boolean; readonly rollback?: number | true; readonly set?: readonly string[] }

export const runsResume = async (id: string, { json, detach, ...request }: ResumeFlags): Promise<number> => {
  const project = findProject(process.cwd());
  const run = await openRun(project, id);
  const past = (await readJournal(journalPath(run.folder))).length;
  await startRun(project, run, request);
  if (detach) {
    if (json) printJson({ run: run.id, folder: run.folder });
    else print(run.id);
    return 0;
  }
  return concludeRun(run, await followRun(project, run, { json, interrupt: "stop", skip: past }));
};

export const runsDelete = async (id: string, { json }: Json): Promise<number> => {
  const project = findProject(process.cwd());
  const run = await openRun(project, id);
  const version = await savedVersion(project, run.id);
  await deleteRun(project, run.id);
  if (json) printJson({ run: run.id, deleted: true, version });
  else process.stderr.write(`Run ${run.id} is deleted.${version ? ` Its version in git stays: ${version}` : ""}\n`);
  return 0;
};
