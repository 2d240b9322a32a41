/** One row whole, below the table: its issues and every text in it, each to be edited by itself; a broken row is one text. */
import { button, element, icon, prose } from "../common/dom";
import { type TableDetail, type TableLeaf } from "../../src/protocol/table";

/** What is done to the row as it was shown, whatever became of the file since. */
export interface RowPanelEvents { edit(detail: TableDetail, path: TableLeaf["path"], text: string): void; editLine(detail: TableDetail, text: string): void; openText(detail: TableDetail): void; closed(): void }

export class RowPanel {
  private readonly title = element("h2", { id: "panelTitle" });
  private readonly refusal = element("div", { class: "message error", role: "alert", hidden: true });
  private readonly content = element("div", { class: "leaves" });
  readonly node = element("section", { id: "panel", "aria-labelledby": "panelTitle", hidden: true });
  private detail: TableDetail | undefined;
  /** The first text under this key takes the focus when the row is there. */
  private wanted: string | undefined;

  constructor(private readonly events: RowPanelEvents) {
    this.node.append(
      element("div", { class: "panelHead" }, this.title,
        button("Open in Text Editor", undefined, () => { if (this.detail) events.openText(this.detail); }, { id: "openText" }), button("Close", "close", () => this.close(), { kind: "quiet" })),
      this.refusal, this.content);
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
  }

  get open(): boolean { return !this.node.hidden; }
  get row(): number | undefined { return this.detail?.row; }
  /** Something was typed and not yet kept: what comes from outside must wait. */
  get typing(): boolean { return [...this.content.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue); }

  /** The row comes with `show`. */
  expect(key: string | undefined): void { this.wanted = key ?? ""; }

  show(detail: TableDetail): void {
    const same = this.detail?.row === detail.row && this.detail.generation === detail.generation && this.open;
    const place = same ? this.content.scrollTop : 0;
    const focused = same && document.activeElement instanceof HTMLTextAreaElement ? document.activeElement.dataset.label : undefined;
    this.detail = detail;
    this.node.hidden = false;
    this.refusal.hidden = true;
    this.title.textContent = `Line ${detail.line.toLocaleString("en")}`;
    const problems = detail.problems.map(({ severity, code, message }) => element("p", { class: `problem ${severity}` }, icon(severity === "error" ? "error" : "warning"), element("span", {}, prose(message), element("span", { class: "muted" }, ` ${code}`))));
    const fault = detail.fault !== null && detail.problems.length === 0 ? [element("p", { class: "problem error" }, icon("error"), element("span", {}, prose(detail.fault)))] : [];
    const fields = detail.leaves.length > 0 || detail.fault === null
      ? detail.leaves.map((leaf) => this.field(leaf.label, leaf.text, leaf.kind === "string" ? undefined : leaf.kind, (text) => this.events.edit(detail, leaf.path, text)))
      : detail.raw !== "" ? [this.field("The whole line", detail.raw, undefined, (text) => this.events.editLine(detail, text.replace(/\n/g, "")))] : [];
    this.content.replaceChildren(...fault, ...problems, ...fields);
    for (const field of this.content.querySelectorAll("textarea")) fit(field);
    this.content.scrollTop = place;
    const label = this.wanted ?? focused;
    if (label !== undefined) {
      const all = [...this.content.querySelectorAll("textarea")];
      (all.find((field) => field.dataset.label === label) ?? all.find((field) => field.dataset.label?.startsWith(label)) ?? all[0])?.focus();
    }
    this.wanted = undefined;
  }

  answered(refused: string | null): void {
    this.refusal.hidden = refused === null;
    this.refusal.replaceChildren(prose(refused ?? ""));
    if (refused === null) for (const field of this.content.querySelectorAll("textarea")) field.defaultValue = field.value;
  }

  close(): void {
    if (!this.open) return;
    if (document.activeElement instanceof HTMLElement && this.node.contains(document.activeElement)) document.activeElement.blur();
    this.node.hidden = true;
    this.detail = undefined;
    this.events.closed();
  }

  private field(label: string, text: string, kind: string | undefined, keep: (text: string) => void): HTMLElement {
    const area = element("textarea", { spellcheck: "false", rows: 1, "data-label": label, "aria-label": kind ? `${label}, ${kind}` : label });
    area.defaultValue = text.replace(/\r\n?/g, "\n"); // as a field has it, so that what was not edited compares as the same
    area.addEventListener("input", () => fit(area));
    area.addEventListener("change", () => keep(area.value));
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (area.value !== area.defaultValue) keep(area.value);
    });
    return element("div", { class: "leaf" }, element("span", { class: "label", "aria-hidden": "true" }, label, kind ? element("span", { class: "muted" }, ` ${kind}`) : undefined), area);
  }
}

const fit = (field: HTMLTextAreaElement): void => {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 320)}px`;
};
