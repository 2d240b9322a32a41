/** One training run from its folder to its end: opens the base, reads the data, trains, and writes everything that happens into the journal. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isUserError } from "../core/errors";
import { type RunManifest } from "../core/manifest";
import { type Adapter, adapterFiles, emptyAdapter, loadAdapter } from "../core/model/adapter/adapter";
import { type Base } from "../core/model/base";
import { continueAdapter } from "../core/model/adapter/continueAdapter";
import { type Precision, precisionLabel, precisionOf } from "../core/model/weights/precision";
import { type Runtime } from "../core/runtime";
import { type Example } from "../core/text/types";
import { stateBytes } from "../core/train/checkpoint";
import { type Choices, choicesOf, configAt, noChoices, withChoice } from "../core/train/choices";
import { type RunEvent } from "../core/train/events";
import { checkFirstStep } from "../core/train/firstStep";
import { loraTrainable } from "../core/train/graphs";
import { freshState, initialState, type TrainerState } from "../core/train/initial";
import { planData } from "../core/train/plan";
import { type PrecisionChange, precisionChange } from "../core/train/precisionChange";
import { train } from "../core/train/trainer";
import { type DeviceName } from "../node/device/names";
import { openFolder } from "../node/files";
import { openMachine } from "../node/machine";
import { ortVersion } from "../node/ort";
import { baseHashes, openBase } from "../project/base";
import { STATE_FILE, adapterFolder, bestFolder, checkpointsOf, initialAdapterFolder, removeLeftovers, replaceFolder, setAside, writeCheckpoint } from "../project/checkpoints";
import { readExamples } from "../project/examples";
import { currentEvents, openJournal, readJournal, type Journal } from "../project/journal";
import { openProject, type Project } from "../project/project";
import { bestStepOf, finishRollback, type ResumePlan } from "../project/resume";
import { datasetCopy, giveRoom, journalPath, readManifest, writeManifest } from "../project/runs";
import { headCommit, saveRunVersion } from "../project/versions";
import { type RunState } from "../protocol/worker";
import { askDevices, chooseDevice, type Devices } from "./chooseDevice";
import { pauseOf } from "./pause";
import { splitExamples } from "./split";
import { bestState, startPoint } from "./startPoint";

export interface Training {
  readonly runFolder: string;
  /** How the run goes on; left out: from its newest checkpoint. */
  readonly plan?: ResumePlan;
  /** Aborted: finish the step, write checkpoint and adapter, end as stopped. */
  readonly signal: AbortSignal;
  readonly openRuntime: () => Promise<Runtime>;
  /** Left out: the CPU is all there is. */
  readonly devices?: Devices;
  /** Called with the state after every event. */
  readonly onState: (state: RunState) => void;
}

type End = RunEvent & { event: "end" };

/** Never throws: whatever happens stands in the journal's `end`. */
export const runTraining = async (training: Training): Promise<End> => {
  const { runFolder, onState } = training;
  const journal = openJournal(journalPath(runFolder));
  const id = runFolder.split(/[\\/]/).at(-1)!;
  let state: RunState = { run: id, status: "running", step: 0, steps: 0, loss: null };
  const record = (event: RunEvent): void => {
    journal.append(event);
    if (event.event === "start") state = { ...state, status: "running", steps: event.steps, step: event.resumedFrom ?? 0 };
    if (event.event === "step") state = { ...state, step: event.step, loss: event.loss };
    if (event.event === "skip") state = { ...state, step: event.step };
    if (event.event === "end") state = { ...state, status: event.status, step: event.step };
    onState(state);
  };
  const began = performance.now();
  let end: End;
  try {
    end = await trainAndWrite(training, record);
  } catch (error) {
    end = { event: "end", run: id, status: "failed", step: state.step, adapter: null, evalLoss: null, seconds: (performance.now() - began) / 1000, error: await describe(error, runFolder, id) };
  }
  await finish(runFolder, end, journal, record);
  return end;
};

/** The last event; a finished run becomes a git version first, so that the version's journal and the run's are the same. */
const finish = async (runFolder: string, end: End, journal: Journal, record: (event: RunEvent) => void): Promise<void> => {
  await giveRoom(runFolder);
  if (end.status === "finished") {
    const project = projectOf(runFolder);
    try {
      await saveRunVersion(project, end.run, `${JSON.stringify(end)}\n`);
    } catch (error) {
      if (!isUserError(error)) throw error;
      // Without git there is nothing to save to, and nothing to warn of.
      if (error.code !== "GIT_NOT_A_REPOSITORY" && error.code !== "GIT_NOT_FOUND") record({ event: "warning", code: error.code, message: `The run was not saved as a git version: ${error.what}` });
    }
  }
  record(end);
  journal.close();
};

const projectOf = (runFolder: string): Project => openProject(join(runFolder, "..", "..", ".."));

const describe = async (error: unknown, runFolder: string, id: string): Promise<NonNullable<End["error"]>> => {
  if (!isUserError(error)) {
    console.error(error);
    return { code: "INTERNAL", what: `The run failed inside Tunesmith: ${error instanceof Error ? error.message : String(error)}.`, next: `Please report this with ${join(runFolder, "worker.log")}.` };
  }
  const { code, what, next } = error;
  if (code !== "DISK_FULL") return { code, what, next };
  const last = (await checkpointsOf(runFolder)).at(-1);
  return { code, what, next: `Free some space; then \`tunesmith runs resume ${id}\` ${last ? `goes on from step ${last.step}` : "starts it again"}. Nothing written before is lost.` };
};

const trainAndWrite = async ({ runFolder, plan = { choice: {} }, signal, openRuntime, devices }: Training, record: (event: RunEvent) => void): Promise<End> => {
  const manifest = await readManifest(runFolder);
  const { config } = manifest;
  await removeLeftovers(runFolder);
  const wish = devices && { wanted: config.device, ...(manifest.device !== "" && { before: manifest.device }), devices: { ...devices, open: (name: DeviceName) => (name === "cpu" ? openRuntime() : devices.open(name, (message) => record({ event: "warning", code: "DEVICE", message }))) } };
  const asked = wish && askDevices(wish);
  asked?.catch(() => {}); // Awaited below, if nothing fails before.
  const precision = precisionOf(config), onPreparing = (message: string): void => record({ event: "note", message });
  const base = await openBase(manifest.base.path, { precision, onPreparing });
  const adapter = await initialAdapter(runFolder, manifest, base);
  const { examples, held, warnings } = await prepareExamples(runFolder, manifest, base);
  const events = await readJournal(journalPath(runFolder)), earlier = currentEvents(events);
  await finishRollback(runFolder, events);
  const resume = await startPoint(runFolder, base, manifest, events, plan.from), from = resume.state?.step ?? 0;
  const choices = withChoice(choicesOf(events), plan.choice, from);
  const dataPlan = planData(config, base.config, examples);
  const choice = wish && dataPlan.examples.length > 0 ? await chooseDevice({ ...wish, check: async (cpu, device) => {
    const { adapter: { targets, parameters } } = resume.state ?? (adapter ? freshState(adapter) : await initialState(base, config));
    return checkFirstStep(cpu, device, base, loraTrainable(base, targets, { dropout: config.lora.lora_dropout }), parameters, dataPlan.examples);
  } }, await asked!) : undefined;
  const runtime = choice?.runtime ?? await openRuntime();
  await completeManifest(runFolder, manifest, runtime);
  record({
    event: "start", run: manifest.id, base: manifest.base.name, data: manifest.data.path, device: runtime.device, examples: dataPlan.examples.length, evalExamples: held.length,
    steps: dataPlan.steps, epochs: config.num_train_epochs, trainableParameters: emptyAdapter(base.config, config.lora).layout.length,
    ...(dataPlan.sharedPrefix && { sharedPrefix: dataPlan.sharedPrefix }), ...(resume.state && { resumedFrom: from }), ...(Object.keys(plan.choice).length > 0 && { choice: plan.choice }), time: new Date().toISOString(),
  });
  if (choice) record(choice.event);
  for (const { code, message } of [...warnings, ...resume.warnings]) record({ event: "warning", code, message });

  const save = async (state: TrainerState, kept: number): Promise<string> => (await writeCheckpoint(runFolder, state.step, { ...filesOf(state, manifest, base), [STATE_FILE]: stateBytes(state) }, kept)).path;
  if (plan.from !== undefined) {
    await setAside(runFolder, from, bestStepOf(events));
    // The best one is no step to resume from; from now on this one is.
    if (resume.state) record({ event: "checkpoint", step: from, path: await save(resume.state, Infinity) });
  }
  await recordChoices(runFolder, choices);

  if (precision.bits && !earlier.some(({ event }) => event === "precision")) {
    await recordPrecision(record, precision, () => precisionChange(runtime, base, () => openBase(manifest.base.path, { precision: { dtype: precision.dtype }, onPreparing }), held, signal));
  }

  const past = earlier.findLast((event) => (event.event === "step" || event.event === "eval") && event.step <= from);
  const before = past && "seconds" in past ? past.seconds : 0;
  const began = performance.now(), machine = openMachine();
  const seconds = (): number => before + (performance.now() - began) / 1000;
  const pastEval = earlier.findLast((event) => event.event === "eval" && event.step <= from);
  let evalLoss: number | null = pastEval?.event === "eval" ? pastEval.loss : null;
  for await (const report of train({ runtime, base, examples, evalExamples: held, config, choices, machine, signal, ...(adapter && { adapter }), ...(resume.state && { resume: resume.state }) })) {
    machine.highestBytes();
    if (report.event === "step") record({ ...report, rows: report.rows.map((row) => row + 1), seconds: seconds() });
    else if (report.event === "skip") record({ ...report, rows: report.rows.map((row) => row + 1) });
    else if (report.event === "preflight") record(report);
    else if (report.event === "eval") { evalLoss = report.loss; record({ ...report, seconds: seconds() }); }
    else if (report.event === "checkpoint") {
      if (report.best) await replaceFolder(bestFolder(runFolder), { ...filesOf(report.state, manifest, base), [STATE_FILE]: stateBytes(report.state) });
      const path = report.best ? bestFolder(runFolder) : await save(report.state, report.keepAll ? Infinity : config.save_total_limit);
      record({ event: "checkpoint", step: report.step, path, ...(report.best && { best: true }) });
    } else if (report.event === "done") {
      const adapter = adapterFolder(runFolder);
      const best = config.load_best_model_at_end && !report.stopped ? await bestState(runFolder, base, manifest) : undefined;
      await replaceFolder(adapter, filesOf(best ?? report.state, manifest, base));
      const { halt } = report;
      const pause = halt && pauseOf(halt, manifest, configAt(config, choices.changes, halt.step - 1).learning_rate);
      return { event: "end", run: manifest.id, status: pause ? "paused" : report.stopped ? "stopped" : "finished", step: report.state.step, adapter, evalLoss: best?.bestEvalLoss ?? evalLoss, seconds: seconds(), peakBytes: machine.highestBytes() + machine.mappedBytes(), ...(pause && { pause }) };
    }
  }
  throw new Error("the trainer ended without a last report");
};

/** What adapter_name_or_path named when the run was made, laid out as the run's settings say. Throws ADAPTER_*. */
const initialAdapter = async (runFolder: string, { adapter, config }: RunManifest, base: Base): Promise<Adapter | undefined> =>
  adapter && continueAdapter(await loadAdapter(openFolder(initialAdapterFolder(runFolder)), base), base.config, config.lora, adapter.path);

/** A figure to know, not a reason to fail: a disk without room for the base in full precision may well have room for the run. */
const recordPrecision = async (record: (event: RunEvent) => void, precision: Precision, measure: () => Promise<PrecisionChange | undefined>): Promise<void> => {
  try {
    const change = await measure();
    if (change) record({ event: "precision", weights: precisionLabel(precision)!, ...change });
  } catch (error) {
    if (!isUserError(error)) throw error;
    record({ event: "warning", code: error.code, message: `What quantising changes could not be measured: ${error.what}` });
  }
};

const filesOf = (state: TrainerState, manifest: RunManifest, base: Base): Record<string, Uint8Array> => adapterFiles(state.adapter, manifest.base.path, base.config);

const prepareExamples = async (runFolder: string, manifest: RunManifest, base: Base): Promise<{ examples: Example[]; held: Example[]; warnings: { code: string; message: string }[] }> => {
  const { config } = manifest;
  const options = { maxLength: config.max_length, completionOnly: config.completion_only_loss, ...(config.template !== undefined && { template: config.template }) };
  const data = await readExamples(datasetCopy(runFolder, manifest.data, "data"), base.tokenizer, { ...options, shown: manifest.data.path });
  if (!manifest.eval) {
    const { train: examples, held } = splitExamples(data.examples, config.eval_fraction, config.seed);
    return { examples, held, warnings: [...data.warnings] };
  }
  const evaluation = await readExamples(datasetCopy(runFolder, manifest.eval, "eval"), base.tokenizer, { ...options, shown: manifest.eval.path });
  return { examples: [...data.examples], held: [...evaluation.examples], warnings: [...data.warnings, ...evaluation.warnings] };
};

/** The journal is where choices stand; the manifest shows them too. */
const recordChoices = async (runFolder: string, choices: Choices): Promise<void> => {
  const manifest = await readManifest(runFolder);
  if (JSON.stringify(manifest.choices ?? noChoices) !== JSON.stringify(choices)) await writeManifest(runFolder, { ...manifest, choices });
};

/** Adds what only the worker finds out, once: hashes of the base's files, device, HEAD. */
const completeManifest = async (runFolder: string, manifest: RunManifest, runtime: Runtime): Promise<void> => {
  if (Object.keys(manifest.base.files).length > 0) return;
  const files = await baseHashes(manifest.base.path);
  const head = await startedFrom(projectOf(runFolder).root);
  await writeManifest(runFolder, { ...manifest, base: { ...manifest.base, files }, device: runtime.device, versions: { ...manifest.versions, onnxruntime: await ortVersion() }, ...(head !== undefined && { head }) });
};

const startedFrom = async (root: string): Promise<string | undefined> => {
  try {
    return await headCommit(root);
  } catch (error) {
    if (isUserError(error)) return undefined; // No git, or no repository: the run simply has no commit to name.
    throw error;
  }
};

/** Whether a run's folder is there at all, for a clear word before anything is opened. */
export const isRunFolder = (runFolder: string): boolean => existsSync(join(runFolder, "run.json"));
