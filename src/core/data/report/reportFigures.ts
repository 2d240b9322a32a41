/** Owns which figures show a report, with the words around them, and which rows stand behind each of their parts. */
import { type Bar, type Figure, type Part, partsOf, type Tone } from "../../figure/figure";
import { percent } from "../../figure/drawFigure";
import { type Slice } from "./columns";
import { type DatasetReport } from "./datasetReport";
import { type Lengths } from "./lengths";

export interface ReportFigure {
  readonly figure: Figure;
  /** Lines from 0 by a part's key: the first ones; none for parts that stand for no rows. */
  readonly lines: ReadonlyMap<string, readonly number[]>;
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
const CONVERSATIONS = "conversations";

/** What there is to show, in the order of a reader's questions: how long, what is learned, who speaks, what is asked, what is wrong. */
export const reportFigures = (report: DatasetReport): ReportFigure[] => [
  lengthsFigure(report), limitsFigure(report), tokensFigure(report), trainedFigure(report), rolesFigure(report), turnsFigure(report), patternsFigure(report), categoriesFigure(report),
  verbsFigure(report), kindsFigure(report), languagesFigure(report), crossingsFigure(report), duplicatesFigure(report), problemsFigure(report),
].filter((figure) => figure !== undefined);

const MOST_BARS = 15;

/** Slices as bars; more than `MOST_BARS` of them come into one. */
const slicesFigure = (given: Omit<Extract<Figure, { kind: "bars" }>, "kind" | "parts">, slices: readonly Slice[], tone: (slice: Slice, index: number) => Tone = () => "main"): ReportFigure | undefined => {
  if (slices.length === 0) return undefined;
  const shown = slices.length <= MOST_BARS ? slices : slices.slice(0, MOST_BARS - 1);
  const rest = slices.slice(shown.length).reduce((sum, { count }) => sum + count, 0);
  const [one = "", ...more] = given.unit.split(" ");
  const unit = (count: number): string => [count === 1 ? one.replace(/s$/, "") : one, ...more].join(" ");
  const of = (count: number): string => given.whole ? `, ${percent(count / given.whole)} of ${given.whole.toLocaleString("en-US")}` : "";
  const part = ({ label, count }: { label: string; count: number }, index: number, own: Tone): Part => ({ key: String(index), label, count, tone: own, detail: `${label}: ${count.toLocaleString("en-US")} ${unit(count)}${of(count)}` });
  const parts = shown.map((slice, index) => part(slice, index, tone(slice, index)));
  if (rest > 0) parts.push(part({ label: `${slices.length - shown.length} others`, count: rest }, shown.length, "muted"));
  return { figure: { kind: "bars", ...given, parts }, lines: new Map(shown.flatMap(({ lines }, index) => lines.length === 0 ? [] : [[String(index), lines]])) };
};

const histogram = (id: string, title: string, caption: string, unit: string, { bins }: Lengths, limit: number | undefined): ReportFigure => {
  const bars = bins.map(({ from, to, open, count, over }, index): Bar => {
    const range = open ? `more than ${(from - 1).toLocaleString("en-US")}` : from === to ? from.toLocaleString("en-US") : `${from.toLocaleString("en-US")} to ${to.toLocaleString("en-US")}`;
    return { key: String(index), label: open ? `>${(from - 1).toLocaleString("en-US")}` : bins.length > 16 ? to.toLocaleString("en-US") : range.replace(" to ", "–"), count, from, to, over, tone: "main", detail: `${range} ${unit}: ${counted(count, "conversation")}${over === 0 ? "" : over === count ? ", over the limit" : `, ${over.toLocaleString("en-US")} of them over the limit`}` };
  });
  return { figure: { kind: "histogram", id, title, caption, unit: CONVERSATIONS, scale: unit, bars, limit }, lines: new Map(bins.flatMap(({ lines }, index) => lines.length === 0 ? [] : [[String(index), lines]])) };
};

const quantiles = ({ least, most, mean, quantiles: { p50, p95, p99 } }: Lengths): string =>
  `From ${least.toLocaleString("en-US")} to ${most.toLocaleString("en-US")}; half have at most ${p50.toLocaleString("en-US")}, 95% at most ${p95.toLocaleString("en-US")}, 99% at most ${p99.toLocaleString("en-US")}; mean ${Math.round(mean).toLocaleString("en-US")}.`;

const lengthsFigure = ({ lengths, basis, conversations }: DatasetReport): ReportFigure | undefined => {
  if (!lengths) return undefined;
  if (!basis) return histogram("lengths", "Length in words", `${quantiles(lengths)} Choose a base to see tokens and the limit.`, "words", lengths, undefined);
  const cut = lengths.over === 0 ? `None is longer than the limit of ${basis.maxLength.toLocaleString("en-US")}.` : `${counted(lengths.over, "conversation")} (${percent(lengths.over / conversations)}) ${lengths.over === 1 ? "is" : "are"} longer than the limit of ${basis.maxLength.toLocaleString("en-US")} and cut at the end.`;
  return histogram("lengths", "Length in tokens", `${cut} ${quantiles(lengths)}`, "tokens", lengths, basis.maxLength);
};

const limitsFigure = ({ lengths, basis, conversations }: DatasetReport): ReportFigure | undefined => lengths && basis && slicesFigure({
  id: "limits", title: "What a limit leaves whole", unit: "conversations whole", whole: conversations,
  caption: `Conversations that are not cut with a max_length of so many tokens. ${lengths.limits.map(({ limit, kept }) => `${limit.toLocaleString("en-US")} keeps ${percent(kept)} of the tokens`).join(", ")}.`,
}, lengths.limits.map(({ limit, whole }) => ({ label: `${limit.toLocaleString("en-US")} tokens${limit === basis.maxLength ? " (now)" : ""}`, count: Math.round(whole * conversations), lines: [] })), (_, index) => lengths.limits[index]!.limit === basis.maxLength ? "over" : "main");

const tokensFigure = ({ tokens, basis }: DatasetReport): ReportFigure | undefined => {
  if (!tokens || !basis) return undefined;
  const { trained, read, cutTrained, cutRead } = tokens, all = trained + read + cutTrained + cutRead;
  if (all === 0) return undefined;
  const part = (key: string, label: string, count: number, tone: Tone): Part => ({ key, label, count, tone, detail: `${label}: ${counted(count, "token")}, ${percent(count / all)}` });
  return { lines: new Map(), figure: {
    kind: "stack", id: "tokens", title: "What the loss sees", unit: "tokens",
    caption: `${counted(all, "token")} in all. The model learns to write the trained ones and only reads the others; what is cut is neither.`,
    parts: [part("trained", "trained", trained, "main"), part("read", "read only", read, "second"), part("cutTrained", "cut off, would be trained", cutTrained, "over"), part("cutRead", "cut off, would be read", cutRead, "muted")],
  } };
};

const trainedFigure = ({ trained, problems }: DatasetReport): ReportFigure | undefined => {
  if (!trained) return undefined;
  const nothing = problems.find(({ code }) => code === "nothing-trained")?.count ?? 0;
  return histogram("trained-tokens", "Trained tokens of a conversation", `${quantiles(trained)}${nothing > 0 ? ` ${counted(nothing, "row")} ${nothing === 1 ? "teaches" : "teach"} nothing.` : ""}`, "trained tokens", trained, undefined);
};

const rolesFigure = ({ roles }: DatasetReport): ReportFigure | undefined => slicesFigure({
  id: "roles", title: "Messages by role", unit: "messages",
  caption: `${roles.map(({ role, messages, words }) => `${role}: ${(words / messages).toLocaleString("en-US", { maximumFractionDigits: 1 })} words a message`).join(", ")}.`,
}, roles.map(({ role, messages }) => ({ label: role, count: messages, lines: [] })));

const turnsFigure = ({ turns, conversations }: DatasetReport): ReportFigure | undefined => slicesFigure({
  id: "turns", title: "Messages of a conversation", unit: CONVERSATIONS, whole: conversations, caption: "Without the system message.",
}, turns.map((slice) => ({ ...slice, label: counted(Number(slice.label), "message") })));

const patternsFigure = ({ patterns, conversations }: DatasetReport): ReportFigure | undefined => slicesFigure({ id: "patterns", title: "Who speaks in which order", unit: CONVERSATIONS, whole: conversations, caption: "The most frequent orders of roles." }, patterns);

const categoriesFigure = ({ categories, conversations }: DatasetReport): ReportFigure | undefined => categories && slicesFigure({ id: "categories", title: "Categories", unit: CONVERSATIONS, whole: conversations, caption: `What the dataset says itself, under "${categories.key}".` }, categories.slices);

const verbsFigure = ({ instructions: { verbs, count, different, allVerbs, allPairs } }: DatasetReport): ReportFigure | undefined => {
  if (verbs.length === 0) return undefined;
  const lines = new Map<string, readonly number[]>();
  const share = (part: number): string => `${percent(part / count)} of ${counted(count, "instruction")}`;
  const drawn = verbs.reduce((sum, verb) => sum + verb.nouns.reduce((own, noun) => own + noun.count, 0), 0);
  const rings = verbs.map((verb, index) => {
    lines.set(String(index), verb.lines);
    // The last stands beside the first: it takes another colour of the row.
    const tone = index > 0 && index === verbs.length - 1 ? index + 2 : index;
    return {
      key: String(index), label: verb.label, count: verb.count, tone, detail: `${verb.label}: ${counted(verb.count, "instruction")}, ${share(verb.count)}`,
      parts: verb.nouns.map((noun, place): Part => {
        lines.set(`${index}.${place}`, noun.lines);
        return { key: `${index}.${place}`, label: noun.label, count: noun.count, tone, detail: `${verb.label} … ${noun.label}: ${counted(noun.count, "instruction")}, ${share(noun.count)}` };
      }),
    };
  });
  return { lines, figure: {
    kind: "sunburst", id: "verbs", title: "What the instructions ask for", unit: "instructions", centre: `${counted(allVerbs, "verb")}\n${counted(allPairs, "pair")}`, rings,
    caption: `The ${verbs.length === 1 ? "root verb" : `${verbs.length} most frequent root verbs`} (inside) and up to 4 direct noun objects of each (outside), as Self-Instruct and Alpaca drew theirs: a verb is as wide as its pairs that are drawn. These are ${share(drawn)}. ${counted(different, "instruction is different", "instructions are different")}. Found by rules, in English only.`,
  } };
};

const kindsFigure = ({ instructions: { kinds, count } }: DatasetReport): ReportFigure | undefined => slicesFigure({ id: "instructions", title: "How the instructions ask", unit: "instructions", whole: count, caption: "By what the rules for English find in the first instruction of a conversation." }, kinds, ({ label }) => label === "not in English" ? "muted" : "main");

const languagesFigure = ({ languages, conversations }: DatasetReport): ReportFigure | undefined => slicesFigure({ id: "languages", title: "Languages", unit: CONVERSATIONS, whole: conversations, caption: "By script and frequent words, from the first words of question and answer; a guess for short texts." }, languages, ({ label }) => label.startsWith("undetermined") ? "muted" : "main");

const crossingsFigure = ({ crossings }: DatasetReport): ReportFigure | undefined => slicesFigure({ id: "crossings", title: "Asked in one language, answered in another", unit: CONVERSATIONS, caption: "Translations belong here; others may be slips." }, crossings);

const duplicatesFigure = ({ duplicates, conversations }: DatasetReport): ReportFigure | undefined => {
  const again = duplicates.reduce((sum, { count }) => sum + count, 0);
  return slicesFigure({ id: "duplicates", title: "Duplicates", unit: CONVERSATIONS, whole: conversations, caption: again === 0 ? "No conversation says what another says." : "Those that come again after an earlier one; what comes often is learned by heart." },
    [{ label: "like no earlier one", count: Math.max(0, conversations - again), lines: [] }, ...duplicates].filter(({ count }) => count > 0), (slice) => duplicates.includes(slice) ? "over" : "main");
};

const problemsFigure = ({ problems }: DatasetReport): ReportFigure | undefined => {
  const found = slicesFigure({ id: "problems", title: "Problems by code", unit: "problems", caption: "Rows with errors are left out of training. The command \"tunesmith check\" lists each." }, problems.map(({ code, count, lines }) => ({ label: code, count, lines })), (_, index) => problems[index]!.severity);
  if (!found || found.figure.kind !== "bars") return found;
  const words = { error: "error", warning: "warning", information: "note" };
  return { ...found, figure: { ...found.figure, parts: found.figure.parts.map((part, index) => problems[index] && part.label === problems[index].code ? { ...part, detail: `${part.label}: ${counted(part.count, words[problems[index].severity])}` } : part) } };
};

/** A figure's numbers as CSV (RFC 4180): label, count and, for rings, what they are part of. */
export const figureCsv = (figure: Figure): string => {
  const cell = (value: string | number): string => typeof value === "number" ? String(value) : /[",\r\n]/.test(value) || /^[=+@-]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const rows: (string | number)[][] = figure.kind === "sunburst"
    ? [["verb", "object", figure.unit], ...figure.rings.flatMap((ring) => [[ring.label, "", ring.count], ...ring.parts.map((part) => [ring.label, part.label, part.count])])]
    : figure.kind === "histogram" ? [["from", "to", figure.unit, "over the limit"], ...figure.bars.map(({ from, to, count, over }) => [from, to, count, over])]
    : [[figure.id, figure.unit], ...partsOf(figure).map(({ label, count }) => [label, count])];
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
};
