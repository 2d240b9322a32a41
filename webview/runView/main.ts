/** The run view: a run's figures, curve and end, kept up to date by the extension; owns the page and nothing of the run. */
import "../common/base.css";
import "./style.css";
import { button, byId, element, icon, prose, type IconName } from "../common/dom";
import { connectHost } from "../common/host";
import { onThemeChange } from "../common/theme";
import { formatCount, formatDuration, formatLoss, formatRate } from "../../src/protocol/figures";
import { isRunViewState, isRunViewUpdate, type RunFacts, type RunFigures, type RunPause, type RunViewAction, type RunViewRequest, type RunViewState, type RunViewUpdate } from "../../src/protocol/runView";
import { createCharts } from "./charts";
import { addBatch, emptyCurve, tableRows } from "./curve";

/** Above this many points the view asks for a thinned curve, so that a run of any length draws at once. */
const MOST_POINTS = 8000;
/** A screen reader is told about progress this often, in ms; a change of state is told at once. */
const TELL_EVERY = 20_000;

const host = connectHost<RunViewRequest, RunViewUpdate, RunViewState>(isRunViewUpdate, isRunViewState);
const act = (action: RunViewAction) => (): void => host.send({ type: "action", action });
const place = document.body.dataset;
const kept = host.state() ?? { root: place.root ?? "", run: place.run ?? "", tableShown: false };
host.keep(kept);

const curve = emptyCurve();
let facts: RunFacts | undefined;
let figures: RunFigures | undefined;
let toldAt = 0;
let thinning = false;

const statusLook: Record<RunFacts["status"], { words: string; image: IconName }> = {
  queued: { words: "Waiting to start", image: "waiting" }, running: { words: "Running", image: "play" }, finished: { words: "Finished", image: "done" },
  stopped: { words: "Stopped", image: "stop" }, paused: { words: "Paused", image: "pause" }, failed: { words: "Failed", image: "error" },
};

const figure = (id: string, label: string): HTMLElement => element("div", { class: "figure" }, element("dt", {}, label), element("dd", { id }, "–"));
const buttons = {
  stop: button("Stop", "stop", act("stop"), { id: "stop", kind: "primary", title: "Stop after the current step; a checkpoint is kept" }),
  resume: button("Resume", "play", act("resume"), { id: "resume", kind: "primary", title: "Go on from the last checkpoint" }),
  rollBack: button("Roll Back…", "restart", act("rollBack"), { id: "rollBack", title: "Go back to an earlier checkpoint and train on from there" }),
  playground: button("Compare in Playground", "chat", act("playground"), { id: "playground", kind: "primary", title: "Ask the base and this adapter the same prompt" }),
  reveal: button("Reveal Adapter", "folder", act("revealAdapter"), { id: "revealAdapter", title: "Show the adapter's folder" }),
  save: button("Save as Config", "save", act("saveConfig"), { id: "saveConfig", title: "Write this run's settings to a *.tune.json file" }),
};
const tableToggle = button("Show as Table", "table", () => toggleTable(), { id: "tableToggle" });

/** Sentences about the run as a whole, as they come. */
const NOTES = ["placement", "preflight", "precision"] as const;

byId("root").append(
  element("header", {},
    element("div", { class: "title" }, element("h1", { id: "name" }, "Run"), element("span", { id: "status", class: "status" })),
    element("div", { class: "buttons", role: "group", "aria-label": "Run actions" }, ...Object.values(buttons))),
  element("p", { id: "origin", class: "muted" }),
  ...NOTES.map((id) => element("p", { id, class: "muted", hidden: true })),
  element("div", { id: "error", class: "message error", role: "alert", hidden: true }),
  element("div", { id: "pause", class: "message warning", role: "alert", hidden: true }),
  element("div", { id: "progress", class: "progress", role: "progressbar", "aria-label": "Training progress", "aria-valuemin": 0, hidden: true }, element("div", { id: "bar" })),
  element("dl", { class: "figures" },
    figure("step", "Step"), figure("loss", "Loss"), figure("evalLoss", "Evaluation loss"), figure("learningRate", "Learning rate"),
    figure("tokensPerSecond", "Tokens/s"), figure("remaining", "Time left"), figure("elapsed", "Elapsed")),
  element("section", { "aria-labelledby": "curveTitle" },
    element("div", { class: "sectionHead" }, element("h2", { id: "curveTitle" }, "Loss"),
      element("ul", { class: "legend", "aria-label": "Legend" }, element("li", { class: "key point" }, "step"), element("li", { class: "key line" }, "smoothed"), element("li", { class: "key diamond" }, "evaluation")), tableToggle),
    element("p", { id: "empty", class: "empty muted" }, "The curve appears with the first step."),
    element("div", { id: "charts", hidden: true },
      element("div", { id: "lossChart", class: "chart", role: "img", tabindex: 0, "aria-label": "Loss by step" }),
      element("h3", {}, "Learning rate"),
      element("div", { id: "rateChart", class: "chart low", role: "img", tabindex: 0, "aria-label": "Learning rate by step" }),
      element("p", { id: "cursor", class: "muted cursor", "aria-live": "polite" })),
    element("div", { id: "tablePlace", hidden: true, tabindex: 0, role: "region", "aria-label": "Curve as a table" })),
  element("section", { id: "warnings", "aria-label": "Warnings", hidden: true }),
  element("details", { id: "config" }, element("summary", {}, "Settings of this run"), element("dl", { id: "configList", class: "config" })),
  element("div", { id: "summary", class: "visuallyHidden", "aria-live": "polite" }),
);

const cursorHint = "Point at the curve, or focus it and use the arrow keys, to read values. Drag to zoom in, double-click to zoom out.";
const charts = createCharts(byId("lossChart"), byId("rateChart"), (text) => { byId("cursor").textContent = text ?? cursorHint; });
byId("cursor").textContent = cursorHint;

const summary = (): string => {
  if (!facts || !figures) return "";
  const words = [`${facts.name}: ${statusLook[facts.status].words.toLowerCase()}`, `step ${formatCount(figures.step)} of ${formatCount(figures.steps)}`];
  if (figures.smoothedLoss !== null) words.push(`smoothed loss ${formatLoss(figures.smoothedLoss)}`);
  if (figures.evalLoss !== null) words.push(`evaluation loss ${formatLoss(figures.evalLoss)}`);
  if (facts.status === "running" && figures.remaining !== null) words.push(`${formatDuration(figures.remaining)} left`);
  return `${words.join(", ")}.`;
};

const tell = (now: boolean): void => {
  if (!now && Date.now() - toldAt < TELL_EVERY) return;
  toldAt = Date.now();
  byId("summary").textContent = summary();
};

/** A step may have hundreds of rows; more than these nobody opens one by one. */
const MOST_ROWS = 32;

const pauseBody = ({ code, step, why, next, rows }: RunPause, { data, resumable, trusted }: RunFacts): HTMLElement => {
  const link = (row: number): HTMLElement => element("a", { href: "#", class: "row", "aria-label": `Line ${row}`, onclick: (event) => { event.preventDefault(); host.send({ type: "openRow", row }); } }, String(row));
  const more = rows.length - MOST_ROWS, diverged = code === "LOSS_DIVERGED";
  const skip = button("Skip Step and Resume", "skip", act("skipStep"), { id: "pauseSkip", kind: diverged ? "secondary" : "primary", title: "Leave out the rows of this step and train on" });
  const back = button("Roll Back…", "restart", act("rollBack"), { id: "pauseRollBack", kind: diverged ? "primary" : "secondary", title: "Go back to an earlier checkpoint and train on from there" });
  const resume = button("Resume", "play", act("resume"), { id: "pauseResume", title: "Make the step as it is and train on" });
  const ways = [...(diverged ? [back, skip] : [skip, back]), ...(resumable ? [resume] : [])];
  for (const way of ways) way.disabled = !trusted;
  return element("div", { class: "body" },
    element("strong", {}, `Paused before step ${formatCount(step)}: ${why}.`), element("span", {}, next),
    element("span", { id: "pauseRows" }, `${rows.length === 1 ? "Line" : "Lines"} of ${data}: `, ...rows.slice(0, MOST_ROWS).flatMap((row, index) => (index === 0 ? [link(row)] : [", ", link(row)])), more > 0 ? ` and ${more} more` : ""),
    element("span", { class: "muted" }, `Code ${code}`), element("div", { class: "buttons", role: "group", "aria-label": "Ways to go on" }, ...ways));
};

const showFacts = (run: RunFacts): void => {
  const changed = facts?.status !== run.status;
  facts = run;
  const look = statusLook[run.status];
  const active = run.status === "running" || run.status === "queued";
  byId("name").textContent = run.name;
  byId("status").replaceChildren(icon(look.image), look.words);
  byId("status").dataset.status = run.status;
  const sizes = [run.examples !== null && `${formatCount(run.examples)} examples`, run.trainableParameters !== null && `${formatCount(run.trainableParameters)} trainable parameters`].filter(Boolean).join(", ");
  byId("origin").replaceChildren(`${run.base} tuned on `, element("a", { href: "#", id: "openData", onclick: (event) => { event.preventDefault(); act("openData")(); } }, run.data), ` on ${run.device || "this machine"}${sizes && ` · ${sizes}`}`);
  buttons.stop.hidden = !active;
  // A paused run has its ways to go on beside its reason.
  buttons.resume.hidden = !run.resumable || run.pause !== null;
  buttons.rollBack.hidden = !run.reversible || run.pause !== null;
  buttons.playground.hidden = run.adapter === null || active;
  buttons.reveal.hidden = run.adapter === null || active;
  for (const each of [buttons.stop, buttons.resume, buttons.rollBack, buttons.playground]) each.disabled = !run.trusted;
  // A finished or stopped run has one main action; the others step back.
  buttons.playground.className = buttons.resume.hidden && !run.pause ? "primary" : "secondary";
  byId("error").hidden = !run.error;
  if (run.error) byId("error").replaceChildren(icon("error"), element("div", { class: "body" },
    element("strong", {}, run.error.what), element("span", {}, run.error.next), element("span", { class: "muted" }, `Code ${run.error.code}`), run.error.code.startsWith("DATASET_") ? button("Open Dataset", undefined, act("openData")) : button("Show Log", undefined, act("showLog"), { id: "showLog" })));
  byId("pause").hidden = !run.pause;
  if (run.pause) byId("pause").replaceChildren(icon("pause"), pauseBody(run.pause, run));
  byId("empty").textContent = active ? "The curve appears with the first step." : "This run ended before its first step.";
  for (const id of NOTES) {
    byId(id).hidden = run[id] === null;
    byId(id).textContent = run[id] ?? "";
  }
  byId("warnings").hidden = run.warnings.length === 0;
  byId("warnings").replaceChildren(...run.warnings.map((warning) => element("div", { class: "message warning" }, icon("warning"), element("div", { class: "body" }, prose(warning.message)))));
  byId("configList").replaceChildren(...run.config.flatMap(({ name, value }) => [element("dt", {}, name), element("dd", {}, value)]));
  if (changed) {
    showFigures();
    tell(true);
  }
};

const showFigures = (): void => {
  if (!figures || !facts) return;
  const { step, steps, epoch } = figures;
  const set = (id: string, words: string): void => { byId(id).textContent = words; };
  set("step", steps > 0 ? `${formatCount(step)} / ${formatCount(steps)}` : formatCount(step));
  byId("step").title = epoch === null ? "" : `Epoch ${epoch.toFixed(2)}`;
  set("loss", formatLoss(figures.smoothedLoss ?? figures.loss));
  byId("loss").title = figures.loss === null ? "" : `Smoothed; this step alone ${formatLoss(figures.loss)}`;
  set("evalLoss", formatLoss(figures.evalLoss));
  set("learningRate", formatRate(figures.learningRate));
  set("tokensPerSecond", formatCount(figures.tokensPerSecond));
  set("remaining", facts.status === "running" ? formatDuration(figures.remaining) : "–");
  set("elapsed", formatDuration(figures.elapsed));
  const bar = byId("progress");
  bar.hidden = facts.status !== "running" && facts.status !== "queued";
  if (steps > 0) {
    bar.setAttribute("aria-valuemax", String(steps));
    bar.setAttribute("aria-valuenow", String(step));
    bar.setAttribute("aria-valuetext", `Step ${step} of ${steps}`);
    byId("bar").style.width = `${Math.min(100, (100 * step) / steps)}%`;
  }
  bar.classList.toggle("unknown", steps === 0 || step === 0);
};

const showTable = (): void => {
  byId("tablePlace").hidden = !kept.tableShown;
  tableToggle.lastChild!.textContent = kept.tableShown ? "Show as Chart" : "Show as Table";
  const empty = curve.points.steps.length === 0 && curve.evaluations.length === 0;
  byId("empty").hidden = !empty;
  tableToggle.hidden = empty;
  byId("charts").hidden = empty || kept.tableShown;
  if (!kept.tableShown) return;
  const head = ["Step", "Loss", "Evaluation loss", "Learning rate"].map((name) => element("th", { scope: "col" }, name));
  const rows = tableRows(curve).map((row) => element("tr", {}, element("th", { scope: "row" }, formatCount(row.step)), element("td", {}, formatLoss(row.loss)), element("td", {}, formatLoss(row.evaluation)), element("td", {}, formatRate(row.learningRate))));
  byId("tablePlace").replaceChildren(element("table", { id: "table" }, element("caption", {}, "Evenly spread steps and every evaluation"), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
};

const draw = (): void => {
  showTable();
  if (byId("charts").hidden) return;
  charts.draw(curve);
  byId("lossChart").setAttribute("aria-label", `Loss by step. ${summary()} Arrow keys read single steps.`);
};

const toggleTable = (): void => {
  kept.tableShown = !kept.tableShown;
  host.keep(kept);
  draw();
};

host.onUpdate((update) => {
  if (update.type === "run") return showFacts(update.run);
  if (update.replace) thinning = false;
  addBatch(curve, update);
  figures = update.figures;
  showFigures();
  draw();
  tell(false);
  if (curve.points.steps.length > MOST_POINTS && !thinning) {
    thinning = true;
    host.send({ type: "thin" });
  }
});
onThemeChange(() => { if (!byId("charts").hidden) charts.rebuild(); });
host.send({ type: "ready" });
