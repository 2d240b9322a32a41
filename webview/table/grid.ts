/** Draws the rows on screen and moves among them by keys, wheel and mouse. Holds the place and the selection; what a row says comes from outside. The grid keeps the focus and names its active cell, so that rows may come and go under it. */
import { element, icon } from "../common/dom";
import { formatCount } from "../../src/protocol/figures";
import { type TableRow, type TableState } from "../../src/protocol/table";
import { type RowStore } from "./rowStore";
import { Selection } from "./selection";
import { Viewport } from "./viewport";

export interface GridEvents {
  /** Enter, F2 or a double click on a cell; `column` is undefined for the line number, the problems and the length. */
  open(row: TableRow, column: string | undefined): void;
  sort(by: "file" | "problems" | "length" | "text", column: string): void;
  remove(): void;
  copy(): void;
  moved(): void;
}

/** Columns before and after those of the dataset. */
const BEFORE = 2;
/** Two presses within this time are a double click. */
const DOUBLE_MS = 500;

export class Grid {
  readonly view = new Viewport();
  readonly selection = new Selection();
  active = 0;
  column = BEFORE;
  private anchor = 0;
  private state: TableState | undefined;
  private expected = -1;
  private drawing = false;
  private pressed: { place: number; column: string | undefined; at: number } | undefined;
  private readonly head = element("div", { class: "row head", role: "row", "aria-rowindex": 1 });
  private readonly body = element("div", { class: "rows", role: "rowgroup" });
  private readonly window = element("div", { class: "window", role: "presentation" }, element("div", { role: "rowgroup" }, this.head), this.body);
  private readonly sizer = element("div", { class: "sizer", role: "presentation" }, this.window);
  readonly node = element("div", { id: "grid", role: "grid", tabindex: 0, "aria-label": "Rows of the dataset", "aria-multiselectable": "true", "data-vscode-context": JSON.stringify({ webviewSection: "rows", preventDefaultContextMenuItems: true }) }, this.sizer);

  constructor(private readonly rows: RowStore, private readonly events: GridEvents) {
    this.node.addEventListener("scroll", () => {
      if (Math.abs(this.node.scrollTop - this.expected) < 1) return;
      this.view.scrollTop = this.node.scrollTop;
      this.expected = this.node.scrollTop;
      this.draw();
    });
    this.node.addEventListener("wheel", (event) => {
      if (!this.view.squeezed || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.view.moveBy(event.deltaMode === 1 ? event.deltaY * 26 : event.deltaY);
      this.place();
    }, { passive: false });
    this.node.addEventListener("keydown", (event) => { if (event.target === this.node && this.key(event)) event.preventDefault(); });
    this.body.addEventListener("mousedown", (event) => this.press(event));
    new ResizeObserver(() => this.measure()).observe(this.node);
  }

  get columns(): readonly string[] { return this.state?.columns ?? []; }
  get activeRow(): TableRow | undefined { return this.state && this.state.count > 0 ? this.rows.get(this.active, this.state.count) : undefined; }

  show(state: TableState): void {
    if (this.state && this.state.version !== state.version && this.state.count !== state.count) this.selection.clear();
    this.state = state;
    this.view.rows = state.count;
    this.selection.limit(state.count);
    this.active = Math.max(0, Math.min(this.active, state.count - 1));
    this.anchor = Math.max(0, Math.min(this.anchor, state.count - 1));
    this.column = Math.min(this.column, state.columns.length + BEFORE);
    // Wide enough for the last line's number.
    const lines = Math.max(72, formatLine(state.total).length * 9 + 24);
    this.node.style.setProperty("--columns", `${lines}px 64px ${state.columns.map(() => "minmax(160px, 1fr)").join(" ")} 84px`);
    this.node.style.setProperty("--width", `${lines + 64 + state.columns.length * 160 + 84}px`);
    this.node.setAttribute("aria-rowcount", String(state.count + 1));
    this.node.setAttribute("aria-colcount", String(state.columns.length + BEFORE + 1));
    this.heading(state);
    this.measure();
  }

  private heading(state: TableState): void {
    const { view } = state;
    const cell = (label: string, index: number, by: "file" | "problems" | "length" | "text", column = ""): HTMLElement => {
      const sorted = view.sortBy === by && (by !== "text" || view.column === column) && (by !== "file" || view.descending);
      return element("div", { class: "cell", role: "columnheader", "aria-colindex": index + 1, "aria-sort": sorted ? (view.descending ? "descending" : "ascending") : "none", title: `Sort by ${label.toLowerCase()}`, onclick: () => this.events.sort(by, column) },
        element("span", {}, label), sorted && element("span", { class: "arrow", "aria-hidden": "true" }, view.descending ? "↓" : "↑"));
    };
    this.head.replaceChildren(cell("Line", 0, "file"), cell("Issues", 1, "problems"), ...state.columns.map((column, index) => cell(column, index + BEFORE, "text", column)), cell("Bytes", state.columns.length + BEFORE, "length"));
  }

  private measure(): void {
    const before = this.view.height;
    this.view.height = Math.max(0, this.node.clientHeight - this.head.offsetHeight);
    this.view.moveTo(this.view.first);
    if (before === 0) this.view.reveal(this.active);
    this.sizer.style.height = `${Math.max(this.view.pixels + this.head.offsetHeight, this.node.clientHeight)}px`;
    this.window.style.height = `${this.node.clientHeight}px`;
    this.place();
  }

  /** Puts the scroll bar where the rows are, and draws. */
  place(): void {
    this.node.scrollTop = this.view.scrollTop;
    this.expected = this.node.scrollTop;
    this.draw();
  }

  /** Once a frame, however often it is asked for. */
  draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const { state, view } = this;
    if (!state) return;
    const { from, to } = view.visible;
    const drawn: HTMLElement[] = [];
    for (let place = from; place < to; place++) drawn.push(this.rowNode(place, this.rows.get(place, state.count), state));
    this.body.replaceChildren(...drawn);
    this.body.style.transform = `translateY(${-(view.first - from) * 26}px)`;
    const cell = this.body.querySelector(".cell.active");
    if (cell) this.node.setAttribute("aria-activedescendant", cell.id);
    else this.node.removeAttribute("aria-activedescendant");
  }

  private rowNode(place: number, row: TableRow | undefined, state: TableState): HTMLElement {
    const selected = this.selection.has(place);
    const node = element("div", { class: `row${place % 2 ? " odd" : ""}${selected ? " selected" : ""}${row && row.fault !== null ? " broken" : ""}`, role: "row", "aria-rowindex": place + 2, "aria-selected": String(selected), "data-place": place });
    const cell = (index: number, text: string | Node, extra: { class?: string; role?: string; title?: string; label?: string } = {}): HTMLElement =>
      element("div", { id: `cell-${place}-${index}`, class: `cell ${extra.class ?? ""}${place === this.active && index === this.column ? " active" : ""}`, role: extra.role ?? "gridcell", "aria-colindex": index + 1, "data-column": index, title: extra.title, "aria-label": extra.label }, text);
    if (!row) {
      node.append(cell(0, "…", { role: "rowheader", class: "number" }));
      return node;
    }
    const last = state.columns.length + BEFORE;
    node.append(cell(0, row.added ? `${formatLine(row.line)} +` : formatLine(row.line), { role: "rowheader", class: `number${row.edited ? " edited" : ""}`, ...(row.added ? { title: `New, not saved: it comes after line ${row.line}`, label: `New row after line ${row.line}` } : row.edited ? { title: "Edited, not saved", label: `Line ${row.line}, edited` } : {}) }), this.issues(row, cell));
    if (row.fault !== null || row.blank) {
      const text = element("span", {}, row.blank ? element("span", { class: "muted" }, "Blank line") : element("strong", {}, `${row.fault} `), row.blank ? undefined : element("span", { class: "muted" }, row.cells[0] ?? ""));
      const wide = cell(this.column >= BEFORE && this.column < last ? this.column : BEFORE, text, { class: "wide" });
      node.append(wide);
    } else row.cells.forEach((text, index) => node.append(cell(index + BEFORE, text)));
    node.append(cell(last, formatCount(row.bytes), { class: "number" }));
    return node;
  }

  private issues({ problems, fault, blank }: TableRow, cell: (index: number, text: string | Node, extra?: { class?: string; title?: string; label?: string }) => HTMLElement): HTMLElement {
    const told = problems.length > 0 ? problems : fault !== null && !blank ? [{ code: "json-syntax", severity: "error" as const, message: fault }] : [];
    const worst = (["error", "warning", "information"] as const).find((severity) => told.some((problem) => problem.severity === severity));
    if (!worst) return cell(1, "", { label: "No issues" });
    const words = told.map(({ code, message }) => `${message} (${code})`).join("\n");
    return cell(1, element("span", { class: `issue ${worst}` }, icon(worst === "error" ? "error" : worst === "warning" ? "warning" : "waiting"), String(told.length)), { title: words, label: `${told.length} ${told.length === 1 ? "issue" : "issues"}: ${words}` });
  }

  // ---- moving

  private key(event: KeyboardEvent): boolean {
    const { state, view } = this;
    if (!state) return false;
    const command = event.ctrlKey || event.metaKey;
    const last = state.count - 1;
    const to = (row: number): true => { this.move(row, event.shiftKey); return true; };
    const across = (column: number): true => {
      this.column = Math.min(Math.max(0, column), state.columns.length + BEFORE);
      this.showColumn();
      this.draw();
      this.events.moved();
      return true;
    };
    switch (event.key) {
      case "ArrowDown": return to(command ? last : this.active + 1);
      case "ArrowUp": return to(command ? 0 : this.active - 1);
      case "PageDown": return to(this.active + view.page);
      case "PageUp": return to(this.active - view.page);
      case "ArrowRight": return across(this.column + 1);
      case "ArrowLeft": return across(this.column - 1);
      case "Home": return command ? to(0) : across(0);
      case "End": return command ? to(last) : across(state.columns.length + BEFORE);
      case "Enter": case "F2": if (command || event.altKey) return false; this.open(); return true;
      case "Delete": if (command || event.shiftKey) return false; this.events.remove(); return true;
      case "Escape": this.selection.clear(); break;
      case " ": this.selection.toggle(this.active); this.anchor = this.active; break;
      case "a": case "A": if (!command || event.shiftKey) return false; this.selection.all(state.count); break;
      case "c": case "C": if (!command || event.shiftKey) return false; this.events.copy(); return true;
      default: return false;
    }
    this.draw();
    this.events.moved();
    return true;
  }

  /** `extend`: the selection goes on to here. */
  move(row: number, extend = false): void {
    if (!this.state) return;
    this.active = Math.min(Math.max(0, row), Math.max(0, this.state.count - 1));
    if (extend) this.selection.only(this.anchor, this.active);
    else {
      this.anchor = this.active;
      this.selection.only(this.active);
    }
    this.view.reveal(this.active);
    this.place();
    this.events.moved();
  }

  private showColumn(): void {
    const { node, column } = this;
    const cell = this.head.children[column];
    if (!(cell instanceof HTMLElement)) return;
    if (cell.offsetLeft < node.scrollLeft) node.scrollLeft = cell.offsetLeft;
    else if (cell.offsetLeft + cell.offsetWidth > node.scrollLeft + node.clientWidth) node.scrollLeft = cell.offsetLeft + cell.offsetWidth - node.clientWidth;
  }

  private press(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const place = Number(target?.closest<HTMLElement>(".row")?.dataset.place);
    if (!Number.isInteger(place)) return;
    // The menu that follows is about the selected rows, or about this one.
    if (event.button === 2 && !this.selection.has(place)) this.move(place);
    if (event.button !== 0) return;
    const column = target?.closest<HTMLElement>(".cell")?.dataset.column;
    // Rows are drawn anew at every move, so that the browser's own double click never comes.
    const twice = this.pressed?.place === place && this.pressed.column === column && event.timeStamp - this.pressed.at < DOUBLE_MS;
    this.pressed = { place, column, at: twice ? 0 : event.timeStamp };
    if (column !== undefined) this.column = Number(column);
    if (event.ctrlKey || event.metaKey) {
      this.active = this.anchor = place;
      this.selection.toggle(place);
      this.draw();
      this.events.moved();
    } else this.move(place, event.shiftKey);
    event.preventDefault();
    this.node.focus();
    if (twice && !event.shiftKey && !event.ctrlKey && !event.metaKey) this.open();
  }

  open(): void {
    const row = this.activeRow;
    if (row) this.events.open(row, this.columns[this.column - BEFORE]);
  }

  /** The active cell on screen, for what is laid over it. */
  activeCell(): HTMLElement | null { return this.body.querySelector<HTMLElement>(".cell.active"); }
}

const formatLine = (line: number): string => line.toLocaleString("en");
