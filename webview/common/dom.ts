/** Elements without a framework: one function that makes them, one that finds them. Text is always set as text, never as HTML. */

type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;
export type Child = Node | string | undefined | false;

/** `on...` attributes with a function become listeners; `true` an empty attribute; `false` and undefined none. */
export const element = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
};

/** One of Tunesmith's sentences as a page shows it: what stands between backticks is code. */
export const prose = (sentence: string): HTMLElement => element("span", {}, ...sentence.split(/`([^`]+)`/).map((part, index) => index % 2 === 0 ? part : element("code", {}, part)));

export const byId = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The view has no element #${id}.`);
  return found as T;
};

const SVG = "http://www.w3.org/2000/svg";

/** 16 by 16 outlines in the text's colour, drawn for this project; decoration only, so hidden from screen readers. */
const shapes = {
  play: "M4 2.5v11l9-5.5z", stop: "M3.5 3.5h9v9h-9z", copy: "M5.5 5.5h8v8h-8z M10.5 5.5v-3h-8v8h3", send: "M2.5 8h11 M9 3.5 13.5 8 9 12.5",
  folder: "M1.5 3.5h5l1.5 2h6.5v7.5h-13z", save: "M2.5 2.5h9l2 2v9h-11z M5 2.5v4h5v-4 M5 13.5v-4h6v4", chat: "M2 2.5h12v8.5H7.5L4.5 14v-3H2z",
  table: "M2 3h12v10H2z M2 6.5h12 M2 9.75h12 M6.5 3v10", warning: "M8 2 15 14H1z M8 6.5v3.5 M8 11.5v1", error: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z M5.5 5.5l5 5 M10.5 5.5l-5 5",
  done: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z M5 8.5l2 2 4-4.5", close: "M4 4l8 8 M12 4l-8 8", clear: "M3 4h10 M6 4V2.5h4V4 M4.5 4l.5 9.5h6l.5-9.5", settings: "M2 4.5h6 M11 4.5h3 M9.5 3v3 M2 11.5h3 M8 11.5h6 M6.5 10v3",
  up: "M8 13V3 M4 7l4-4 4 4", down: "M8 3v10 M4 9l4 4 4-4",
  pause: "M4.5 3h2.5v10H4.5z M9 3h2.5v10H9z", skip: "M3 3v10l7-5z M12.5 3v10", restart: "M13 8a5 5 0 1 1-1.5-3.5 M13 1.5v3.5H9.5", plus: "M8 3v10 M3 8h10", waiting: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z M8 4.5V8l2.5 2",
} as const;
export type IconName = keyof typeof shapes;

export const icon = (name: IconName): SVGElement => {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ class: "icon", viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  path.setAttribute("d", shapes[name]);
  svg.append(path);
  return svg;
};

/** A button with an icon and words; `quiet` shows only the icon and keeps the words for screen readers and the tooltip. */
export const button = (label: string, image: IconName | undefined, press: () => void, options: { id?: string; kind?: "primary" | "secondary" | "quiet"; title?: string } = {}): HTMLButtonElement => {
  const { kind = "secondary" } = options;
  return element("button", { type: "button", class: kind, id: options.id, title: options.title ?? (kind === "quiet" ? label : undefined), "aria-label": kind === "quiet" ? label : undefined, onclick: press },
    image && icon(image), kind !== "quiet" && element("span", {}, label));
};
