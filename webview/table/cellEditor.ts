/** The field that lies over a cell while it is edited. Enter keeps, Escape leaves, Shift+Enter makes a line; a refusal is said below it and nothing that was typed is lost. */
import { element, prose } from "../common/dom";

export interface CellEditing { readonly text: string; readonly label: string; readonly over: DOMRect; keep(text: string): void; /** `to`: where the focus goes; nowhere where the person has left already. */ closed(to: Next): void }
type Next = "grid" | "next" | "nowhere";

export class CellEditor {
  private readonly field = element("textarea", { rows: 1, spellcheck: "false", "aria-describedby": "cellRefusal" });
  private readonly refusal = element("div", { id: "cellRefusal", class: "message error", role: "alert", hidden: true });
  readonly node = element("div", { id: "cellEditor", hidden: true }, this.field, this.refusal);
  private editing: CellEditing | undefined;
  private sent: string | undefined;
  private next: Next = "grid";

  constructor() {
    this.field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") this.close("grid");
      else if (event.key === "Enter" && !event.shiftKey) this.keep("grid");
      else if (event.key === "Tab") this.keep("next");
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.field.addEventListener("blur", () => { if (this.editing && this.sent === undefined) this.keep("nowhere"); });
    this.field.addEventListener("input", () => this.fit());
  }

  get open(): boolean { return this.editing !== undefined; }

  start(editing: CellEditing): void {
    this.editing = editing;
    this.sent = undefined;
    this.refusal.hidden = true;
    this.node.hidden = false;
    this.field.setAttribute("aria-label", editing.label);
    this.field.value = editing.text;
    const width = Math.min(Math.max(editing.over.width, 380), window.innerWidth - 24);
    this.node.style.width = `${width}px`;
    this.node.style.left = `${Math.max(8, Math.min(editing.over.left, window.innerWidth - width - 12))}px`;
    this.fit();
    this.node.style.top = `${Math.max(8, Math.min(editing.over.top, window.innerHeight - this.field.offsetHeight - 60))}px`;
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  /** The answer to what was kept. */
  answered(refused: string | null): void {
    if (!this.editing || this.sent === undefined) return;
    if (refused === null) return this.close(this.next);
    this.sent = undefined;
    this.refusal.replaceChildren(prose(refused));
    this.refusal.hidden = false;
    if (this.next !== "nowhere") this.field.focus();
  }

  private keep(next: Next): void {
    if (!this.editing || this.sent !== undefined) return;
    this.next = next;
    // A field knows only \n; what is the same but for that was not edited.
    if (this.field.value === this.editing.text.replace(/\r\n?/g, "\n")) return this.close(next);
    this.sent = this.field.value;
    this.editing.keep(this.sent);
  }

  private close(next: Next): void {
    const { editing } = this;
    this.editing = undefined;
    this.sent = undefined;
    this.node.hidden = true;
    editing?.closed(next);
  }

  private fit(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, Math.floor(window.innerHeight * 0.5))}px`;
  }
}
