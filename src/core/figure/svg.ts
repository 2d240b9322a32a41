/** Owns SVG as plain values: elements that are drawn into a page or written as a file. */
import { type Part } from "./figure";

export interface SvgNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
  /** Key of the part that it draws. */
  readonly part?: string;
}

export const node = (name: string, attributes: SvgNode["attributes"] = {}, ...children: readonly (SvgNode | string)[]): SvgNode => ({ name, attributes, children });

/** One part as a group that can be reached and pressed. */
export const partNode = ({ key, detail }: Part, ...children: readonly SvgNode[]): SvgNode => ({ ...node("g", {}, node("title", {}, detail), ...children), part: key });

export interface Drawing { readonly width: number; readonly height: number; readonly nodes: readonly SvgNode[] }

/** Two decimals are a hundredth of a pixel. */
export const round = (value: number): number => Math.round(value * 100) / 100;

/** About as wide as the text is in a sans-serif of this size; wide characters count double. */
export const textWidth = (text: string, size: number): number => {
  let width = 0;
  for (const character of text) width += /[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uff60]/.test(character) ? 1 : /[iljtf.,:;'|()[\] ]/.test(character) ? 0.36 : /[A-Zmw@%]/.test(character) ? 0.8 : 0.61;
  return width * size;
};

/** The text as far as it fits, with … where it does not. */
export const fitText = (text: string, size: number, width: number): string => {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, size) > width) characters.pop();
  return characters.length === 0 ? "" : `${characters.join("").trimEnd()}…`;
};

const escape = (text: string): string => text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** As text; what XML cannot hold is replaced. */
export const svgText = ({ name, attributes, children }: SvgNode): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(typeof value === "number" ? String(round(value)) : value)}"`).join("");
  if (children.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${children.map((child) => typeof child === "string" ? escape(child) : svgText(child)).join("")}</${name}>`;
};
