/** The line above the table: filter, order and what is done with rows. Says what the person asks for; decides nothing. */
import { button, element } from "../common/dom";
import { FILTER_HELP } from "../../src/core/data/table/filterHelp";
import { type TableState, type TableView } from "../../src/protocol/table";

export interface ToolbarEvents { view(view: TableView): void; remove(): void; copyTo(): void; moveTo(): void; actions(): void; removeDuplicates(): void; cancel(): void; leave(): void }

/** A file of this size is filtered while one types; a larger one at Enter. */
const AT_ONCE = 20e6;
const TYPING_MS = 400;

export class Toolbar {
  private readonly filter = element("input", { id: "filter", type: "text", placeholder: "Filter: words, output:text, problem:any, length>2000, /regex/", "aria-label": "Filter rows", "aria-describedby": "fault", spellcheck: "false", autocomplete: "off" });
  private readonly order = element("select", { id: "order", "aria-label": "Sort by" });
  private readonly direction = button("Ascending", undefined, () => this.send({ descending: !this.view.descending }), { id: "direction", title: "Turn the order around" });
  private readonly fault = element("p", { id: "fault", class: "fault", role: "alert", hidden: true });
  private readonly help = element("div", { id: "help", hidden: true });
  private readonly helpToggle = button("Filter Help", undefined, () => this.toggleHelp(), { id: "helpToggle", title: "What the filter understands" });
  /** Lies at the foot of the page, where it moves nothing. */
  readonly progress = element("div", { id: "work", class: "work", hidden: true });
  private readonly bar = element("div", { class: "bar" });
  private readonly words = element("span", {});
  private readonly cancel: HTMLButtonElement;
  private readonly chosen: HTMLButtonElement[];
  readonly duplicates: HTMLButtonElement;
  readonly node: HTMLElement;
  private view: TableView = { filter: "", sortBy: "file", column: "", descending: false };
  private columns = "";
  private bytes = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: ToolbarEvents) {
    this.cancel = button("Cancel", undefined, () => events.cancel(), { id: "cancel" });
    this.chosen = [
      button("Delete", undefined, () => events.remove(), { id: "delete", title: "Delete the selected rows (Delete)" }),
      button("Copy to File…", undefined, () => events.copyTo(), { id: "copyTo", title: "Add the selected rows to the end of another file" }),
      button("Move to File…", undefined, () => events.moveTo(), { id: "moveTo", title: "Add the selected rows to the end of another file and take them out of this one" }),
      button("More…", undefined, () => events.actions(), { id: "rowActions", title: "Split, merge, normalise roles, move to an evaluation file (Ctrl+.)" }),
    ];
    this.duplicates = button("Remove Duplicates", undefined, () => events.removeDuplicates(), { id: "removeDuplicates", title: "Remove every row that is exactly the same as an earlier one" });
    this.progress.append(element("div", { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress" }, this.bar), this.words, this.cancel);
    this.help.append(element("dl", {}, ...FILTER_HELP.flatMap(([example, meaning]) => [element("dt", {}, element("button", { type: "button", class: "example", title: "Add it to the filter", onclick: () => this.addExample(example) }, example)), element("dd", {}, meaning)])));
    this.helpToggle.setAttribute("aria-expanded", "false");
    this.helpToggle.setAttribute("aria-controls", "help");
    this.node = element("header", {},
      element("div", { class: "bar", role: "toolbar", "aria-label": "Table" }, this.filter, this.helpToggle, element("span", { class: "group" }, this.order, this.direction), element("span", { class: "group" }, ...this.chosen.slice(0, -1), this.duplicates, this.chosen.at(-1)!)),
      this.fault, this.help);
    this.filter.addEventListener("input", () => {
      clearTimeout(this.timer);
      if (this.bytes <= AT_ONCE) this.timer = setTimeout(() => this.apply(), TYPING_MS);
    });
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.apply();
      else if (event.key === "ArrowDown") events.leave();
      else if (event.key === "Escape" && this.filter.value !== "") {
        this.filter.value = "";
        this.apply();
      } else return;
      event.preventDefault();
    });
    this.order.addEventListener("change", () => {
      const [sortBy, ...column] = this.order.value.split(":");
      this.send({ sortBy: sortBy as TableView["sortBy"], column: column.join(":"), descending: sortBy === "problems" });
    });
  }

  focusFilter(): void { this.filter.select(); this.filter.focus(); }

  show(state: TableState, selected: number): void {
    this.view = state.view;
    this.bytes = state.bytes;
    if (document.activeElement !== this.filter) this.filter.value = state.view.filter;
    if (this.columns !== state.columns.join("\0")) {
      this.columns = state.columns.join("\0");
      const option = (value: string, label: string): HTMLElement => element("option", { value }, label);
      this.order.replaceChildren(option("file:", "File order"), option("length:", "Row length"), option("problems:", "Issues"), option("roles:", "Roles"), option("turns:", "Messages"), ...state.columns.flatMap((column) => [option(`text:${column}`, `${column} (text)`), option(`textLength:${column}`, `${column} (length)`)]));
    }
    this.order.value = `${state.view.sortBy}:${state.view.column}`;
    this.direction.lastChild!.textContent = state.view.descending ? "Descending" : "Ascending";
    this.fault.hidden = state.fault === null;
    this.fault.textContent = state.fault === null ? "" : `The filter is not applied: ${state.fault}`;
    this.filter.setAttribute("aria-invalid", String(state.fault !== null));
    const work = state.working ?? (state.indexing === null ? null : { what: "Reading the file", part: state.indexing, cancellable: false });
    this.progress.hidden = work === null;
    if (work) {
      const percent = Math.round(work.part * 100);
      this.bar.style.width = `${percent}%`;
      this.bar.parentElement!.setAttribute("aria-valuenow", String(percent));
      this.words.textContent = `${work.what} ${percent}%`;
      this.cancel.hidden = !work.cancellable;
    }
    this.select(selected);
    this.duplicates.disabled = state.indexing !== null || state.working !== null;
  }

  select(count: number): void { for (const each of this.chosen) each.disabled = count === 0; }

  private apply(): void {
    clearTimeout(this.timer);
    if (this.filter.value !== this.view.filter) this.send({ filter: this.filter.value });
  }

  private send(change: Partial<TableView>): void {
    this.events.view({ ...this.view, filter: this.filter.value, ...change });
  }

  private addExample(example: string): void {
    this.filter.value = [this.filter.value.trim(), example].filter(Boolean).join(" ");
    this.apply();
    this.filter.focus();
  }

  private toggleHelp(): void {
    this.help.hidden = !this.help.hidden;
    this.helpToggle.setAttribute("aria-expanded", String(!this.help.hidden));
  }
}
