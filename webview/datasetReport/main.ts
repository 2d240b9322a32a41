/** The report of a dataset: figures of what it holds. The extension counts and knows the rows; this page shows, and asks for the rows behind a bar. */
import "../common/base.css";
import "./style.css";
import { button, byId, element, icon, prose } from "../common/dom";
import { connectHost } from "../common/host";
import { formatCount } from "../../src/protocol/figures";
import { isReportState, isReportUpdate, type ReportHead, type ReportRequest, type ReportState, type ReportUpdate, type ReportView } from "../../src/protocol/datasetReport";
import { FigureCard } from "./figureCard";
import { pictureOf } from "./picture";

const host = connectHost<ReportRequest, ReportUpdate, ReportState>(isReportUpdate, isReportState);
const tables = new Set(host.state()?.tables ?? []);
let head: ReportHead | undefined;
let cards: FigureCard[] = [];

const title = element("h1", { id: "title" });
const summary = element("p", { id: "summary" });
const reason = element("p", { id: "reason", class: "muted" });
const base = button("", undefined, () => host.send({ type: "chooseBase" }), { id: "base", title: "Choose Base for Diagnostics" });
const place = element("select", { id: "place", "aria-label": "Where a click opens rows", onchange: () => host.send({ type: "place", place: place.value as "table" | "text" }) }, element("option", { value: "table" }, "in the table"), element("option", { value: "text" }, "in the text editor"));
const placeField = element("label", { class: "field" }, element("span", { class: "muted" }, "A click opens rows"), place);
const refresh = button("Refresh", "restart", () => host.send({ type: "refresh" }), { id: "refresh", title: "Count anew" });
const saveAll = button("Save All…", "save", () => host.send({ type: "saveAll" }), { id: "saveAll", title: "Save every figure as SVG and CSV, and all numbers as JSON" });
const stale = element("div", { id: "stale", class: "message warning", role: "status", hidden: true });
const bar = element("div", { class: "bar" });
const track = element("div", { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress of the report" }, bar);
const working = element("div", { id: "working", class: "working", hidden: true }, track, element("span", { id: "percent" }), button("Cancel", undefined, () => host.send({ type: "cancel" }), { id: "cancel" }));
const failure = element("div", { id: "failure", class: "message error", role: "alert", hidden: true });
const hint = element("div", { id: "hint", class: "message information", hidden: true });
const empty = element("section", { id: "empty", class: "empty", hidden: true });
const figures = element("div", { id: "figures" });
const status = element("p", { id: "status", class: "visuallyHidden", role: "status" });
const told = element("footer", { id: "told", class: "muted", "aria-hidden": "true" });
byId("root").append(
  element("header", {}, title, summary, reason, element("div", { class: "toolbar", role: "toolbar", "aria-label": "Report" }, element("span", { class: "field" }, element("span", { class: "muted" }, "Base"), base), placeField, refresh, saveAll)),
  stale, working, failure, hint, empty, figures, status, told);

const plural = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;
const say = (words: string): void => { status.textContent = told.textContent = words; };
const keep = (): void => { if (head) host.keep({ uri: head.uri, tables: [...tables] }); };

const showHead = (next: ReportHead): void => {
  head = next;
  keep();
  title.textContent = next.file;
  base.querySelector("span")!.textContent = next.maxLength === null ? next.base : `${next.base}, max_length ${formatCount(next.maxLength)}`;
  base.title = `Choose Base for Diagnostics (now ${next.base}: ${next.why})`;
  place.value = next.place;
  placeField.hidden = !next.table;
};

const showWorking = (done: number): void => {
  working.hidden = false;
  failure.hidden = true;
  stale.hidden = true;
  const percent = Math.floor(done * 100);
  bar.style.width = `${percent}%`;
  track.setAttribute("aria-valuenow", String(percent));
  byId("percent").textContent = done < 0.8 ? `Counting ${percent}%` : `Comparing rows ${percent}%`;
  refresh.disabled = true;
};

const size = (bytes: number): string => bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${bytes} bytes`;

const showReport = (view: ReportView): void => {
  ended();
  failure.hidden = true;
  const { rows, usable, conversations, bytes } = view;
  summary.textContent = [`${plural(rows, "row")}${usable === rows ? "" : `, ${formatCount(usable)} of them can be trained on`}`, ...(conversations !== usable && conversations > 0 ? [plural(conversations, "conversation")] : []), size(bytes), ...(view.unsaved ? ["with the unsaved edits"] : [])].join(" · ");
  reason.replaceChildren(prose(`${view.format ? `${view.format}. ` : ""}${view.formatReason}`));
  hint.hidden = head?.maxLength !== null || conversations === 0;
  hint.replaceChildren(icon("settings"), element("div", { class: "body" }, `Lengths are in words: ${head?.why ?? "no base is chosen"}.`, button("Choose Base", undefined, () => host.send({ type: "chooseBase" }), { id: "hintBase" })));
  empty.hidden = conversations > 0;
  const check = rows > 0 ? [button("Check Dataset", undefined, () => host.send({ type: "check" }), { id: "check", kind: "primary" })] : [];
  empty.replaceChildren(element("h2", {}, rows === 0 ? "The file has no rows yet" : "No row can be read"), element("p", { class: "muted" }, prose(rows === 0 ? "Add rows, one on each line, and refresh." : `${view.formatReason} The problems below say what is wrong.`)), ...check);
  saveAll.disabled = view.figures.length === 0;
  cards = view.figures.map((shown) => new FigureCard(shown, {
    rows: (figure, part) => host.send({ type: "rows", figure, part }),
    save: (figure, as) => {
      if (as !== "png") return host.send({ type: "save", figure: figure.id, as });
      pictureOf(figure).then((png) => host.send({ type: "picture", figure: figure.id, png }), (error: unknown) => say(`The picture could not be painted: ${error instanceof Error ? error.message : String(error)}. Save it as SVG instead.`));
    },
    tableShown: (figure, shown) => {
      if (shown) tables.add(figure);
      else tables.delete(figure);
      keep();
    },
  }, tables.has(shown.figure.id)));
  figures.replaceChildren(...cards.map(({ node }) => node));
  for (const card of cards) card.fit();
  say(`The report is ready: ${plural(rows, "row")}, ${plural(cards.length, "figure")}.`);
};

const ended = (): void => {
  working.hidden = true;
  refresh.disabled = false;
};

const showFailure = (message: string, cancelled: boolean): void => {
  ended();
  failure.hidden = false;
  failure.className = `message ${cancelled ? "warning" : "error"}`;
  failure.replaceChildren(icon("warning"), element("div", { class: "body" }, prose(message), button("Try Again", undefined, () => host.send({ type: "refresh" }), { id: "again" })));
};

new ResizeObserver(() => { for (const card of cards) card.fit(); }).observe(figures);
host.onUpdate((update) => {
  switch (update.type) {
    case "head": return showHead(update.head);
    case "working": return showWorking(update.done);
    case "report": return showReport(update);
    case "failed": return showFailure(update.message, update.cancelled);
    case "stale":
      stale.hidden = false;
      return stale.replaceChildren(icon("warning"), element("div", { class: "body" }, `${update.why} Rows may be on other lines now.`, button("Refresh", undefined, () => host.send({ type: "refresh" }), { id: "staleRefresh" })));
    case "told": return say(update.message);
  }
});
host.send({ type: "ready" });
