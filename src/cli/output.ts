/** Owns how the command line prints: colours where they are wanted, JSON alone where it is asked for. */
import { grouped } from "../core/grouped";

/** Colours for one stream: none if it is no terminal, or if NO_COLOR is set (no-color.org); FORCE_COLOR switches them on. */
export interface Paint {
  readonly coloured: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly underline: (text: string) => string;
}

export const paintFor = (stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): Paint => {
  const coloured = !environment.NO_COLOR && (environment.FORCE_COLOR ? environment.FORCE_COLOR !== "0" : stream.isTTY === true && environment.TERM !== "dumb");
  const style = (on: number, off: number) => (text: string): string => coloured && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { coloured, bold: style(1, 22), dim: style(2, 22), red: style(31, 39), green: style(32, 39), yellow: style(33, 39), blue: style(34, 39), underline: style(4, 24) };
};

export const print = (text: string): void => { process.stdout.write(`${text}\n`); };

/** A line on standard error, beside what the command prints. */
export const note = (text: string): void => { process.stderr.write(`${text}\n`); };

/** The one JSON value of a command. */
export const printJson = (value: unknown): void => print(JSON.stringify(value));

/** 1 row, 2 rows, 1,000 rows. */
export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
