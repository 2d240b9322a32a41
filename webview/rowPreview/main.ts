/** The row preview: one row as the model sees it, with what is trained. The extension knows the file and the base; this page shows, and tells what is selected. */
import "../common/base.css";
import "./style.css";
import { button, byId, element, icon, prose } from "../common/dom";
import { connectHost } from "../common/host";
import { formatCount } from "../../src/protocol/figures";
import { isRowPreviewState, isRowPreviewUpdate, type PreviewedProblem, type PreviewedRow, type RowPreviewRequest, type RowPreviewState, type RowPreviewUpdate, type RowUpdate } from "../../src/protocol/rowPreview";
import { MOST_CHARACTERS, type Piece, type Turn, turnsOf } from "./pieces";

const host = connectHost<RowPreviewRequest, RowPreviewUpdate, RowPreviewState>(isRowPreviewUpdate, isRowPreviewState);
let tokensShown = host.state()?.tokensShown ?? false;
let shown: RowUpdate | undefined;
/** The turn that a toggle without a selection means; kept while the same row is shown again. */
let focused: number | undefined;

const move = (to: "previous" | "next"): void => host.send({ type: to });
const previous = button("Previous Row", "up", () => move("previous"), { id: "previous", kind: "quiet", title: "Previous row (K or Alt+Up)" });
const next = button("Next Row", "down", () => move("next"), { id: "next", kind: "quiet", title: "Next row (J or Alt+Down)" });
const toggle = button("Toggle Training", "done", () => toggleTraining(), { id: "toggle", title: "Switch training on or off for the selected text's turns, or the turn with the focus (W)" });
const tokens = element("input", { type: "checkbox", id: "tokens", onchange: () => showTokens(tokens.checked) });
tokens.checked = tokensShown;
const base = button("", undefined, () => host.send({ type: "chooseBase" }), { id: "base", title: "Choose Base for Diagnostics" });

const legendKey = (look: string, sample: string, words: string): HTMLElement => element("li", {}, element("span", { class: look, "aria-hidden": "true" }, sample), ` ${words}`);
const legend = element("ul", { class: "legend", "aria-label": "Legend" }, legendKey("trained", "abc", "trained"), legendKey("untrained", "abc", "answer that is not trained"), legendKey("", "abc", "read only"), legendKey("chip", "<s>", "control token"), legendKey("cut", "abc", "cut off"));

const text = element("div", { id: "text", class: "text", role: "group", "aria-label": "The row as the model sees it", tabindex: 0 });
const problems = element("ul", { id: "problems", class: "problems", "aria-label": "Problems of this row" });
const broken = element("p", { id: "broken", hidden: true }, "A row with errors is left out of training, so there is nothing to show of it. Mend it in the editor: the light bulb (Ctrl+.) repairs what can be repaired.");
const failure = element("div", { id: "failure", class: "message warning", role: "status", hidden: true });
const more = element("p", { id: "more", class: "muted", hidden: true });
const heading = element("h1", { id: "heading" });
const counts = element("p", { id: "counts", class: "counts" });
const status = element("p", { id: "status", class: "status muted", role: "status" });
const row = element("div", { id: "row", hidden: true },
  element("header", {},
    element("div", { class: "title" }, previous, next, heading),
    counts,
    element("div", { class: "tools", role: "toolbar", "aria-label": "Row" }, toggle, element("label", { class: "field", title: "Show where each token begins (T); point at one for its id" }, tokens, "Token boundaries"), element("span", { class: "field muted" }, "Base", base))),
  failure, problems, broken, text, more, legend, status);
const emptyTitle = element("h2", {});
const emptyWords = element("p", { class: "muted" });
const starter = button("Open Starter Example", undefined, () => host.send({ type: "openStarter" }), { id: "openStarter" });
const empty = element("section", { id: "empty", class: "empty" }, emptyTitle, emptyWords, starter);
byId("root").append(row, empty);

const plural = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;

const showRow = (update: RowUpdate): void => {
  const { view } = update;
  const same = shown !== undefined && shown.uri === update.uri && shown.line === update.line && shown.column === update.column;
  if (!same) {
    focused = undefined;
    announce("");
  }
  const scroll = same ? window.scrollY : 0;
  shown = update;
  host.keep({ uri: update.uri, line: update.line, column: update.column, tokensShown });
  empty.hidden = true;
  row.hidden = false;
  heading.textContent = `Row ${formatCount(update.row)} of ${formatCount(update.rows)}, ${update.file}`;
  previous.disabled = update.row <= 1;
  next.disabled = update.row >= update.rows;
  base.querySelector("span")!.textContent = update.base;
  base.title = `Choose Base for Diagnostics (now ${update.base}: ${update.why})`;
  const limit = update.maxLength === null ? "" : `, max_length ${formatCount(update.maxLength)}`;
  counts.replaceChildren(...view && view.segments.length > 0
    ? [element("span", { id: "tokenCount" }, plural(view.tokens, "token")), " · ", element("span", { id: "trainedCount", class: "trained" }, `${formatCount(view.trained)} trained`), ` · ${plural(update.turns, "turn")} · `, ...(update.conversations > 1 ? [`the first of ${formatCount(update.conversations)} conversations in this row · `] : []),
      ...(view.tokens > view.kept ? [element("span", { id: "cutCount", class: "cutCount" }, `${formatCount(view.tokens - view.kept)} cut off`), " · "] : []), view.template === "chat" ? "the base's chat template" : "Alpaca template", limit]
    : []);
  showProblems(update.problems);
  failure.hidden = update.failure === null;
  failure.replaceChildren(icon("warning"), element("div", { class: "body" }, update.failure ?? "", button("Choose Base", undefined, () => host.send({ type: "chooseBase" }))));
  broken.hidden = update.failure !== null || view !== null && view.segments.length > 0;
  showText(view);
  if (scroll > 0) window.scrollTo(0, scroll);
};

const severityWords: Record<PreviewedProblem["severity"], string> = { error: "Error", warning: "Warning", information: "Note" };

const showProblems = (found: readonly PreviewedProblem[]): void => {
  problems.hidden = found.length === 0;
  problems.replaceChildren(...found.map(({ severity, code, message }) => element("li", { class: `message ${severity}`, "data-code": code },
    icon(severity === "error" ? "error" : "warning"), element("div", {}, element("strong", {}, `${severityWords[severity]}: `), prose(message), " ", element("code", { class: "muted" }, code)))));
};

const showText = (view: PreviewedRow | null): void => {
  const turns = view ? turnsOf(view, tokensShown) : [];
  const length = view ? view.segments.reduce((sum, segment) => sum + segment.text.length, 0) : 0;
  text.hidden = turns.length === 0;
  legend.hidden = turns.length === 0;
  toggle.disabled = !turns.some(({ role }) => role === "assistant");
  text.classList.toggle("byToken", tokensShown);
  const hadFocus = focused !== undefined && document.activeElement instanceof HTMLElement && document.activeElement.dataset.message === String(focused);
  let isCut = false;
  text.replaceChildren(...turns.map((turn) => {
    const firstCut = !isCut && turn.pieces.some(({ cut }) => cut);
    isCut ||= firstCut;
    return turnElement(turn, view!, firstCut);
  }));
  if (hadFocus) text.querySelector<HTMLElement>(`[data-message="${focused}"]`)?.focus({ preventScroll: true });
  more.hidden = length <= MOST_CHARACTERS;
  more.textContent = `${formatCount(Math.max(0, length - MOST_CHARACTERS))} more characters are not shown.`;
};

const turnElement = (turn: Turn, view: PreviewedRow, firstCut: boolean): HTMLElement => {
  const pieces: (HTMLElement | string)[] = [];
  let marked = !firstCut;
  for (const piece of turn.pieces) {
    if (piece.cut && !marked) {
      marked = true;
      pieces.push(element("span", { class: "limit", role: "note" }, `✂ cut off here: ${plural(view.tokens - view.kept, "token")}`));
    }
    pieces.push(pieceElement(piece, view));
  }
  if (turn.message === null) return element("span", { class: "template", "data-start": turn.start }, ...pieces);
  const trained = turn.pieces.some((piece) => piece.trained);
  const label = `${turn.role}${turn.role === "assistant" ? trained ? ", trained" : ", not trained" : ""}`;
  return element("span", { class: `turn ${turn.role}${turn.role === "assistant" && !trained && !turn.pieces.every(({ cut }) => cut) ? " untrained" : ""}`, role: "group", tabindex: 0, "aria-label": label, "data-message": turn.message, "data-role": turn.role, "data-start": turn.start, "data-end": turn.end }, ...pieces);
};

const pieceElement = (piece: Piece, view: PreviewedRow): HTMLElement | string => {
  const look = [piece.trained && "trained", piece.special && "chip", piece.cut && "cut", piece.token !== undefined && (piece.begins ? "token" : "tokenRest"), piece.token !== undefined && piece.token % 2 === 1 && "odd"].filter((name) => name !== false);
  if (look.length === 0) return piece.text;
  const title = piece.token === undefined ? undefined : `token ${piece.token + 1}: id ${view.encoded.ids[piece.token]}, ${JSON.stringify(view.encoded.names[piece.token])}${piece.trained ? ", trained" : ""}${piece.cut ? ", cut off" : ""}`;
  return element("span", { class: look.join(" "), title, "data-token": piece.begins ? piece.token : undefined }, piece.text);
};

const showTokens = (on: boolean): void => {
  tokensShown = on;
  tokens.checked = on;
  if (!shown) return;
  host.keep({ uri: shown.uri, line: shown.line, column: shown.column, tokensShown });
  showText(shown.view);
};

/** Offset in the rendered text of a place in the page; undefined outside of it. */
const offsetOf = (node: Node | null, within: number): number | undefined => {
  const owner = node && (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-start]");
  if (!node || !owner || !text.contains(owner)) return undefined;
  const before = document.createRange();
  before.selectNodeContents(owner);
  before.setEnd(node, within);
  const marks = [...owner.querySelectorAll(".limit")].filter((mark) => before.comparePoint(mark, 0) <= 0 && before.intersectsNode(mark));
  return Number(owner.dataset.start) + before.toString().length - marks.reduce((sum, mark) => sum + (mark.textContent?.length ?? 0), 0);
};

/** The selected text, else the turn that has or had the focus, else the only answer. */
const selection = (): { from: number; to: number } | undefined => {
  const selected = document.getSelection();
  if (selected && !selected.isCollapsed) {
    const ends = [offsetOf(selected.anchorNode, selected.anchorOffset), offsetOf(selected.focusNode, selected.focusOffset)];
    if (ends[0] !== undefined && ends[1] !== undefined && ends[0] !== ends[1]) return { from: Math.min(...ends as number[]), to: Math.max(...ends as number[]) };
  }
  const answers = [...text.querySelectorAll<HTMLElement>('[data-role="assistant"]')];
  const turn = focused === undefined ? answers.length === 1 ? answers[0] : undefined : text.querySelector<HTMLElement>(`[data-message="${focused}"]`) ?? undefined;
  return turn && { from: Number(turn.dataset.start), to: Number(turn.dataset.end) };
};

const toggleTraining = (): void => {
  const chosen = selection();
  if (chosen) host.send({ type: "toggle", ...chosen });
  else announce("Select text of an answer first, or move to one with Tab.");
};

const announce = (words: string): void => { status.textContent = words; };

text.addEventListener("focusin", (event) => {
  const turn = event.target instanceof HTMLElement ? event.target.dataset.message : undefined;
  if (turn !== undefined) focused = Number(turn);
});
text.addEventListener("dblclick", (event) => {
  const turn = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-message]") : null;
  if (turn) host.send({ type: "reveal", message: Number(turn.dataset.message) });
});
document.addEventListener("selectionchange", () => {
  const chosen = selection();
  if (chosen) host.send({ type: "select", ...chosen });
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  const turn = event.target instanceof HTMLElement ? event.target.dataset.message : undefined;
  const keys: Record<string, () => void> = {
    j: () => move("next"), k: () => move("previous"), t: () => showTokens(!tokensShown), w: toggleTraining,
    ...(turn === undefined ? {} : { Enter: () => host.send({ type: "reveal", message: Number(turn) }) }),
  };
  const act = event.altKey ? { ArrowDown: () => move("next"), ArrowUp: () => move("previous") }[event.key] : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const emptyTexts: Record<Extract<RowPreviewUpdate, { type: "empty" }>["reason"], [string, string]> = {
  noDataset: ["No row to show", "Put the cursor on a row of a dataset (.jsonl), and this page shows it as the model will see it: what is trained, what is cut off, where the tokens lie."],
  blank: ["This line is blank", "Move the cursor to a line with a row."],
};

host.onUpdate((update) => {
  if (update.type === "row") showRow(update);
  else if (update.type === "told") announce(update.message);
  else {
    [emptyTitle.textContent, emptyWords.textContent] = emptyTexts[update.reason];
    starter.hidden = update.reason !== "noDataset";
    row.hidden = true;
    empty.hidden = false;
  }
});
host.send({ type: "ready" });
