/** One figure on the page: its drawing, whose parts are reached by keys and pressed to open their rows, its words, and the same as a table. */
import { drawFigure, percent } from "../../src/core/figure/drawFigure";
import { type Figure, type Part, partsOf } from "../../src/core/figure/figure";
import { type SvgNode } from "../../src/core/figure/svg";
import { type ShownFigure } from "../../src/protocol/datasetReport";
import { button, element } from "../common/dom";
import { themePalette } from "./themePalette";

export interface CardEvents { rows(figure: string, part: string): void; save(figure: Figure, as: "svg" | "png" | "csv"): void; tableShown(figure: string, shown: boolean): void }

const SVG = "http://www.w3.org/2000/svg";
/** Two columns where the page is wide. */
const [LEAST, MOST] = [260, 720];

export class FigureCard {
  readonly node: HTMLElement;
  private readonly drawing = element("div", { class: "drawing" });
  private readonly open: ReadonlySet<string>;
  private readonly parts: readonly Part[];
  private groups: SVGGElement[] = [];
  private active = 0;
  private width = 0;

  constructor({ figure, open }: ShownFigure, private readonly events: CardEvents, tableShown: boolean) {
    this.figure = figure;
    this.open = new Set(open);
    this.parts = partsOf(figure);
    const { id, title, caption } = figure;
    const save = (as: "svg" | "png" | "csv", label: string, what: string): HTMLButtonElement => button(label, undefined, () => events.save(figure, as), { title: `Save ${what} of “${title}” as ${as.toUpperCase()}` });
    const table = element("details", { ontoggle: () => events.tableShown(id, table.open) }, element("summary", {}, "Table"));
    table.open = tableShown;
    table.append(this.table());
    this.node = element("section", { class: `card ${figure.kind}`, id: `figure-${id}`, "aria-labelledby": `title-${id}` },
      element("h2", { id: `title-${id}` }, title), this.drawing, element("p", { class: "muted", id: `caption-${id}` }, caption),
      element("div", { class: "tools" }, table, element("span", { class: "saves", role: "group", "aria-label": `Save ${title}` }, save("svg", "SVG", "the picture"), save("png", "PNG", "the picture"), save("csv", "CSV", "the numbers"))));
    this.drawing.addEventListener("keydown", (event) => this.key(event));
  }

  readonly figure: Figure;

  /** Draws anew where the room is another. */
  fit(): void {
    const width = Math.floor(Math.min(MOST, Math.max(LEAST, this.drawing.clientWidth)));
    if (width === this.width) return;
    this.width = width;
    this.groups = [];
    const hadFocus = this.drawing.contains(document.activeElement);
    const svg = this.toElement(drawFigure(this.figure, width, themePalette));
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-labelledby", `title-${this.figure.id}`);
    svg.setAttribute("aria-describedby", `caption-${this.figure.id}`);
    this.drawing.replaceChildren(svg);
    this.moveTo(this.active, hadFocus);
  }

  private toElement({ name, attributes, children, part }: SvgNode): SVGElement {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) if (key !== "xmlns") made.setAttribute(key, String(value));
    made.append(...children.map((child) => typeof child === "string" ? child : this.toElement(child)));
    if (part !== undefined) this.makePart(made as SVGGElement, part);
    else if (name === "text") made.setAttribute("aria-hidden", "true");
    return made;
  }

  private makePart(group: SVGGElement, key: string): void {
    const opens = this.open.has(key), detail = this.parts.find((part) => part.key === key)?.detail ?? key;
    group.dataset.part = key;
    group.classList.add("part");
    group.classList.toggle("opens", opens);
    group.setAttribute("role", opens ? "button" : "img");
    group.setAttribute("aria-label", opens ? `${detail}. Opens the rows.` : detail);
    group.setAttribute("tabindex", "-1");
    const number = this.groups.push(group) - 1;
    group.addEventListener("click", () => {
      this.moveTo(number, true);
      if (opens) this.events.rows(this.figure.id, key);
    });
  }

  /** One part of a figure is in the order of the Tab key; arrows go to the others. */
  private moveTo(number: number, focus: boolean): void {
    this.active = Math.min(Math.max(0, number), this.groups.length - 1);
    this.groups.forEach((group, index) => group.setAttribute("tabindex", index === this.active ? "0" : "-1"));
    if (focus) this.groups[this.active]?.focus();
  }

  private key(event: KeyboardEvent): void {
    const at = event.target instanceof Element ? this.groups.indexOf(event.target.closest(".part") as SVGGElement) : -1;
    if (at >= 0) this.active = at;
    const key = this.groups[this.active]?.dataset.part;
    const to: Record<string, number> = { ArrowRight: this.active + 1, ArrowDown: this.active + 1, ArrowLeft: this.active - 1, ArrowUp: this.active - 1, Home: 0, End: this.groups.length - 1 };
    if (event.key in to) this.moveTo(to[event.key]!, true);
    else if ((event.key === "Enter" || event.key === " ") && key !== undefined) {
      if (this.open.has(key)) this.events.rows(this.figure.id, key);
    } else return;
    event.preventDefault();
  }

  private table(): HTMLElement {
    const { figure } = this;
    const total = figure.kind === "bars" ? figure.whole : figure.kind === "stack" ? this.parts.reduce((sum, { count }) => sum + count, 0) : undefined;
    const label = (part: Part): string => figure.kind === "histogram" ? part.detail.split(":")[0]! : figure.kind === "sunburst" && part.key.includes(".") ? `… ${part.label}` : part.label;
    const cell = (part: Part): HTMLElement | string => this.open.has(part.key) ? element("button", { type: "button", class: "link", title: "Open the rows", onclick: () => this.events.rows(figure.id, part.key) }, label(part)) : label(part);
    return element("table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, figure.kind === "histogram" ? figure.scale : "what"), element("th", { scope: "col", class: "number" }, figure.unit), total ? element("th", { scope: "col", class: "number" }, "share") : undefined)),
      element("tbody", {}, ...this.parts.map((part) => element("tr", {}, element("th", { scope: "row" }, cell(part)), element("td", { class: "number" }, part.count.toLocaleString("en")), total ? element("td", { class: "number" }, percent(part.count / total)) : undefined))));
  }
}
