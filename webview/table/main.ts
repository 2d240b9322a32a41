/** The table: joins toolbar, grid, cell editor and row panel with the extension, which holds the rows. Text of a dataset is only ever set as text. */
import "../common/base.css";
import "./style.css";
import { byId, element } from "../common/dom";
import { connectHost } from "../common/host";
import { formatCount } from "../../src/protocol/figures";
import { fileOrder, isTablePageState, isTableUpdate, type TableAction, type TablePageState, type TableRequest, type TableRow, type TableState, type TableUpdate } from "../../src/protocol/table";
import { CellEditor } from "./cellEditor";
import { Grid } from "./grid";
import { RowPanel } from "./rowPanel";
import { RowStore } from "./rowStore";
import { Toolbar } from "./toolbar";

/** The panel follows the active row this long after the last move, in ms. */
const FOLLOW_MS = 120;

const host = connectHost<TableRequest, TableUpdate, TablePageState>(isTableUpdate, isTablePageState);
const kept = host.state();
let state: TableState | undefined;
let editing: { generation: number; row: TableRow; column: string } | undefined;
let following: ReturnType<typeof setTimeout> | undefined;

const rows = new RowStore((version, from, to) => host.send({ type: "rows", version, from, to }));
const grid = new Grid(rows, {
  open: (row, column) => {
    if (column === undefined || row.fault !== null || row.blank) return openPanel(row, column);
    if (!state) return;
    const { generation } = state;
    editing = { generation, row, column };
    host.send({ type: "cell", generation, row: row.row, column });
  },
  sort: (sortBy, column) => {
    if (!state) return;
    const { view } = state;
    const same = view.sortBy === sortBy && view.column === column;
    // Up, down, and back to the file's order; by issues and length the largest come first.
    const first = sortBy === "problems" || sortBy === "length";
    if (!same) host.send({ type: "view", view: { ...view, sortBy, column, descending: first } });
    else if (view.descending === first) host.send({ type: "view", view: { ...view, sortBy, column, descending: !first } });
    else host.send({ type: "view", view: { ...fileOrder, filter: view.filter } });
  },
  remove: () => act("delete"),
  copy: () => act("copy"),
  moved: () => moved(),
});
const panel = new RowPanel({
  edit: ({ generation, row }, path, text) => host.send({ type: "edit", generation, row, path: [...path], text }),
  editLine: ({ generation, row }, text) => host.send({ type: "editLine", generation, row, text }),
  openText: ({ generation, row }) => host.send({ type: "openText", generation, row }),
  closed: () => grid.node.focus(),
});
const editor = new CellEditor();
const toolbar = new Toolbar({
  view: (view) => host.send({ type: "view", view }),
  remove: () => act("delete"), copyTo: () => act("copyTo"), moveTo: () => act("moveTo"), actions: () => act("actions"),
  removeDuplicates: () => host.send({ type: "removeDuplicates" }),
  cancel: () => host.send({ type: "cancel" }),
  leave: () => grid.node.focus(),
});
const empty = element("p", { id: "empty", class: "muted", hidden: true });

byId("root").append(toolbar.node, element("div", { class: "middle" }, grid.node, empty), panel.node,
  element("footer", {}, element("span", { id: "counts" }), toolbar.progress, element("span", { id: "told", role: "status" })), editor.node);
if (kept) {
  grid.active = kept.active;
  grid.column = kept.column;
}

/** What the rows' actions are about: the selection, else the active row. */
const act = (type: TableAction): void => {
  if (!state || state.count === 0) return;
  const ranges = grid.selection.count > 0 ? [...grid.selection.ranges] : [{ from: grid.active, to: grid.active + 1 }];
  host.send({ type, version: state.version, ranges });
  grid.node.focus();
};

const askDetail = (row: number): void => { if (state) host.send({ type: "detail", generation: state.generation, row }); };

const openPanel = (row: TableRow, column: string | undefined): void => {
  panel.expect(column);
  askDetail(row.row);
};

const counts = (): void => {
  if (!state) return;
  const { count, total, bytes, format, indexing } = state;
  const selected = grid.selection.count;
  const size = bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${formatCount(bytes)} bytes`;
  byId("counts").textContent = [
    count === total ? `${formatCount(total)} ${total === 1 ? "row" : "rows"}${indexing === null ? "" : " so far"}` : `${formatCount(count)} of ${formatCount(total)} rows`, size, ...(format ? [format] : []), ...(selected > 1 ? [`${formatCount(selected)} selected`] : []),
  ].join(" · ");
  toolbar.select(count === 0 ? 0 : 1);
};

const moved = (): void => {
  counts();
  if (state) host.keep({ view: state.view, first: grid.view.first, active: grid.active, column: grid.column });
  if (!panel.open || panel.typing) return;
  clearTimeout(following);
  following = setTimeout(() => { const row = grid.activeRow; if (row && row.row !== panel.row) askDetail(row.row); }, FOLLOW_MS);
};

const showState = (next: TableState): void => {
  const first = state === undefined;
  const again = first && kept !== undefined && JSON.stringify(next.view) === JSON.stringify(fileOrder) && JSON.stringify(kept.view) !== JSON.stringify(fileOrder);
  const anew = state !== undefined && state.generation !== next.generation;
  if (anew) rows.forget();
  if (state?.version !== next.version) rows.refresh(next.version);
  else rows.grown(next.count);
  state = next;
  grid.show(next);
  toolbar.show(next, next.count);
  empty.hidden = next.count > 0 || next.indexing !== null;
  empty.textContent = next.total === 0 ? "The file has no rows." : "No row matches the filter.";
  counts();
  if (first && kept) {
    grid.view.moveTo(kept.first);
    grid.place();
  }
  if (first) grid.node.focus();
  if (again) host.send({ type: "view", view: kept.view });
  if (panel.open && panel.row !== undefined && !panel.typing) {
    // Rows of a file that was opened anew are others.
    if (anew) panel.close();
    else askDetail(panel.row);
  }
};

const editCell = (update: Extract<TableUpdate, { type: "cell" }>): void => {
  if (!editing || editing.row.row !== update.row || editing.column !== update.column) return;
  const { generation, row, column } = editing;
  const over = grid.activeCell()?.getBoundingClientRect();
  if (!over || update.cell?.kind === "array" || update.cell?.kind === "object") {
    editing = undefined;
    return openPanel(row, column);
  }
  editor.start({
    text: update.cell?.text ?? "", label: `${column}, line ${row.line}`, over,
    keep: (text) => host.send({ type: "edit", generation, row: row.row, path: [column], text }),
    closed: (to) => {
      editing = undefined;
      if (to !== "nowhere") grid.node.focus();
      if (to !== "next") return;
      grid.node.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
      grid.open();
    },
  });
};

host.onUpdate((update) => {
  switch (update.type) {
    case "state": return showState(update);
    case "rows":
      rows.add(update.version, update.from, update.rows);
      return grid.draw();
    case "cell": return editCell(update);
    case "detail": return panel.show(update);
    case "edited":
      editor.answered(update.refused);
      return panel.answered(update.refused);
    case "act": return act(update.action);
    case "told": byId("told").textContent = update.message;
  }
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    toolbar.focusFilter();
  }
});
host.send({ type: "ready" });
