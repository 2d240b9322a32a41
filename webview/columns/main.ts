/** The page of a Parquet file: what is in it and what can be done with it. The extension reads the file; this page shows. */
import "../common/base.css";
import "./style.css";
import { button, byId, element, icon } from "../common/dom";
import { connectHost } from "../common/host";
import { isColumnsState, isColumnsUpdate, type ColumnsRequest, type ColumnsState, type ColumnsUpdate } from "../../src/protocol/columns";
import { formatCount } from "../../src/protocol/figures";

const host = connectHost<ColumnsRequest, ColumnsUpdate, ColumnsState>(isColumnsUpdate, isColumnsState);
const root = byId("root");

const plural = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;

type FileUpdate = Extract<ColumnsUpdate, { type: "file" }>;

const showFile = ({ file, rows, format, reason, columns, first, part }: FileUpdate): void => {
  const heads = columns.map(({ name }) => element("th", { scope: "col" }, name));
  const body = first.map((cells, index) => element("tr", {}, element("th", { scope: "row" }, String(index + 1)), ...cells.map((cell) => element("td", { class: cell === null ? "muted" : undefined }, element("div", { class: "cell" }, cell ?? "null")))));
  root.replaceChildren(
    element("h1", {}, file),
    element("p", {}, `Parquet, ${plural(rows, "row")} of ${plural(columns.length, "column")}${part ? `, part ${part.number} of ${part.of}` : ""}. ${(format === null ? reason : `${format}: ${reason}`).replaceAll("`", "")}`),
    element("p", { class: "muted" }, "Tunesmith checks, mixes, converts and trains on this file as it is. To edit its rows, import them as JSON Lines; the file itself stays as it is."),
    element("div", { class: "actions" }, button("Import as JSON Lines…", "save", () => host.send({ type: "import" }), { id: "import", kind: "primary" }), button("Check Dataset", "done", () => host.send({ type: "check" }), { id: "check" })),
    element("h2", { id: "columnsTitle" }, "Columns"),
    element("table", { class: "columns", "aria-labelledby": "columnsTitle" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Name"), element("th", { scope: "col" }, "Type"))),
      element("tbody", {}, ...columns.map(({ name, title }) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, title))))),
    element("h2", { id: "rowsTitle" }, first.length === 0 ? "No rows" : `First ${plural(first.length, "row")}`),
    ...(first.length === 0 ? [] : [element("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "rowsTitle" }, element("table", { "aria-labelledby": "rowsTitle" }, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Row"), ...heads)), element("tbody", {}, ...body)))]),
  );
};

const showFailure = ({ file, what, next }: Extract<ColumnsUpdate, { type: "failed" }>): void => root.replaceChildren(
  element("h1", {}, file),
  element("div", { class: "message error", role: "alert" }, icon("error"), element("div", { class: "body" }, element("p", {}, `${what} ${next}`), button("Try Again", "restart", () => host.send({ type: "again" }), { id: "again" }))),
);

root.append(element("p", { class: "muted", role: "status" }, "Reading the file…"));
host.onUpdate((update) => update.type === "file" ? showFile(update) : showFailure(update));
host.send({ type: "ready" });
