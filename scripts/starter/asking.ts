/** Owns how something is asked: the carriers around a family's frames, in prose and as an instruction. */
import { type AskKind, type Family, type Frames, type Item, capitalise, fill } from "./family";
import { type Random } from "./random";

interface Carriers {
  /** Whole sentences of prose that report the asking and the answer; {x} is the frame. */
  readonly reported: readonly string[];
  /** Instructions; in prose one of the `tails` follows. {X} is the frame with a capital. */
  readonly instructions: Frames;
}

const carriers: Readonly<Record<AskKind, Carriers>> = {
  noun: {
    reported: ["{P} had to name {x}: {a}.", "Asked for {x}, {P} wrote {a}.", "{P} looked up {x} and found {a}.", "They talked about {x}, which is {a}.", "{P} told {Q} {x}: {a}."],
    instructions: { tuning: ["What is {x}?", "Name {x}.", "Tell me {x}.", "Say {x}."], heldOut: ["Give me {x}.", "Please name {x}.", "State {x}."] },
  },
  clause: {
    reported: ["{P} wondered {x}. It was {a}.", "Nobody told {P} {x}, but it is {a}.", "Ask {P} {x} and you will hear {a}.", "{P} forgot {x}, and {Q} said {a}.", "The book tells {x}: {a}."],
    instructions: { tuning: ["Tell me {x}.", "Do you know {x}?", "Can you tell me {x}?"], heldOut: ["I want to know {x}.", "Please say {x}.", "Let me know {x}."] },
  },
  task: {
    reported: ["{P} had to {x}, and that gave {a}.", "Asked to {x}, {P} wrote {a}.", "{P} told {Q} to {x}, and {Q} said {a}.", "It is easy to {x}: {a}."],
    instructions: { tuning: ["{X}.", "Please {x}.", "Could you {x}?"], heldOut: ["Can you {x}?", "I want you to {x}.", "Now {x}."] },
  },
  whole: {
    reported: ["{x} {P} wanted to know. It is {a}.", "{x} {P} asked {Q}, who said {a}."],
    instructions: { tuning: ["{x}"], heldOut: ["{x}"] },
  },
};
const tails = ["It is {a}.", "The answer is {a}.", "{P} said it is {a}.", "That was easy, said {P}: {a}.", "{P} knew the answer: {a}.", "So asked {P}. It is {a}."];

export type Part = "tuning" | "heldOut";

/** A way of asking that is open to one part: which frame in which carrier. */
export interface Phrasing { readonly kind: AskKind; readonly frame: string; readonly carrier: string }

export const phrase = ({ frame, carrier }: Phrasing, item: Item): string => {
  const asked = fill(frame, item);
  return capitalise(carrier.replace("{x}", asked).replace("{X}", capitalise(asked)));
};

/** Every way in which a part asks: the part's frames in the part's carriers, by kind in turn. */
export const phrasings = (family: Family, part: Part): Phrasing[][] =>
  (Object.entries(family.asks) as [AskKind, Frames][]).map(([kind, frames]) =>
    frames[part].flatMap((frame) => carriers[kind].instructions[part].map((carrier) => ({ kind, frame, carrier }))));

const shares: Readonly<Record<AskKind, number>> = { noun: 1, clause: 1, task: 1, whole: 1 };

/** One or two sentences of prose in which somebody asks and the answer follows. */
export const askedSentence = (family: Family, item: Item, names: readonly string[], random: Random): string => {
  const kinds = Object.keys(family.asks) as AskKind[];
  const kind = random.weighted(kinds, kinds.map((name) => shares[name]));
  const frames = family.asks[kind]!, { reported, instructions } = carriers[kind];
  const frame = random.pick([...frames.tuning, ...frames.heldOut]);
  const spoken = random.next() < 0.6;
  const carrier = spoken ? `${random.pick([...instructions.tuning, ...instructions.heldOut])} ${random.pick(tails)}` : random.pick(reported);
  return fill(phrase({ kind, frame, carrier }, item), item, names);
};
