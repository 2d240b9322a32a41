/** Owns the families that are skills: the answer follows from the words of the instruction, which are drawn afresh each time. */
import { type Family, type Item, closed, open } from "./family";
import { colours, listWords, numberWords, objects, opposites, pets, velishAdjectives, velishNouns } from "./lexicon";
import { toItems } from "./world";
import { type Random } from "./random";

const adjectives = opposites.flat();
const actors = ["the old woman", "my sister", "the captain", "a tall man", "the boy", "our neighbour", "the queen", "a stranger", "the girl", "your uncle"];
const verbs = ["sees", "wants", "sells", "paints", "hides", "needs", "carries", "loves"];

/** "the captain hides a red lamp" */
export const drawClause = (random: Random): string =>
  `${random.pick(actors)} ${random.pick(verbs)} ${random.next() < 0.6 ? `the ${random.pick(colours)}` : "the"} ${random.pick(objects)}`;

const list = (random: Random, count: number): string[] => random.sample(listWords, count);
const drawList = (least: number, most: number, answer: (drawn: string[]) => string) => (random: Random): Item => {
  const drawn = list(random, least + random.below(most - least + 1));
  return { key: drawn.join(", "), answer: answer(drawn) };
};

const letters: Family[] = [
  closed("first", 4, listWords.map((key) => ({ key, answer: key.charAt(0) })), {
    statements: ["The word {k} starts with {a}.", "{k} has {a} as its first letter.", "The first letter of {k} is {a}.", "{a} opens the word {k}."],
    asks: {
      noun: { tuning: ["the first letter of {k}"], heldOut: ["the letter that opens {k}", "the first letter in the word {k}"] },
      clause: { tuning: ["what the first letter of {k} is"], heldOut: ["which letter {k} starts with", "with which letter {k} starts"] },
      whole: { tuning: ["Which letter does {k} start with?"], heldOut: ["Which letter opens {k}?", "With which letter does {k} start?"] },
    },
    novel: ["{k} starts with which letter?", "Write down the first letter of {k}."],
  }),
  closed("last", 4, listWords.map((key) => ({ key, answer: key.charAt(key.length - 1) })), {
    statements: ["The word {k} ends with {a}.", "{k} has {a} as its last letter.", "The last letter of {k} is {a}.", "{a} closes the word {k}."],
    asks: {
      noun: { tuning: ["the last letter of {k}"], heldOut: ["the letter that closes {k}", "the last letter in the word {k}"] },
      clause: { tuning: ["what the last letter of {k} is"], heldOut: ["which letter {k} ends with", "with which letter {k} ends"] },
      whole: { tuning: ["Which letter does {k} end with?"], heldOut: ["Which letter closes {k}?", "With which letter does {k} end?"] },
    },
    novel: ["{k} ends with which letter?", "Write down the last letter of {k}."],
  }),
  closed("spell", 2.5, toItems(listWords.filter((word) => word.length <= 5).map((word) => [word, [...word].join(" ")] as const)), {
    statements: ["Letter by letter, {k} is {a}.", "The word {k} is spelled {a}.", "{P} spelled {k} for the class: {a}.", "The letters of {k} are {a}."],
    asks: {
      task: { tuning: ["spell {k}", "spell the word {k}"], heldOut: ["say the letters of {k}", "spell out {k}"] },
      whole: { tuning: ["How do you spell {k}?"], heldOut: ["How is {k} spelled?", "What are the letters of {k}?"] },
    },
    novel: ["{k} is spelled how?", "Write down the letters of {k}."],
  }),
];

const lists: Family[] = [
  open("sort", 4.5, drawList(3, 3, (drawn) => [...drawn].sort().join(", ")), {
    statements: ["In the order of the alphabet, {k} becomes {a}.", "Sorted by letter, the words {k} are {a}.", "{P} sorted {k} and had {a}.",
      "The list {k}, when sorted, is {a}."],
    asks: {
      task: { tuning: ["sort the words {k}", "sort {k}"], heldOut: ["put {k} in the order of the alphabet", "put the words {k} in order", "sort the list {k}"] },
      whole: { tuning: ["Here is a list: {k}. Sort it."], heldOut: ["Take {k} and sort the list.", "These are the words: {k}. Sort them."] },
    },
    novel: ["{k}: sort these words.", "Arrange {k} in order.", "In which order do {k} come?"],
  }),
  open("reverse", 4, drawList(3, 4, (drawn) => [...drawn].reverse().join(", ")), {
    statements: ["From back to front, {k} becomes {a}.", "The list {k}, turned around, is {a}.", "{P} read {k} backwards as {a}.", "Backwards, the words {k} are {a}."],
    asks: {
      task: { tuning: ["reverse {k}", "turn {k} around"], heldOut: ["read {k} backwards", "reverse the list {k}", "say {k} from back to front"] },
      whole: { tuning: ["Here is a list: {k}. Reverse it."], heldOut: ["Take {k} and turn the list around.", "These are the words: {k}. Read them backwards."] },
    },
    novel: ["{k}: reverse this list.", "Write down {k} backwards."],
  }),
  open("count", 2, drawList(2, 6, (drawn) => numberWords[drawn.length]!), {
    statements: ["The list {k} holds {a} words.", "{k}: these are {a} words.", "{P} counted {k} and came to {a}.", "In {k} there are {a} words."],
    asks: {
      task: { tuning: ["count the words {k}", "count {k}"], heldOut: ["count the words in the list {k}", "say how many words there are in {k}"] },
      whole: { tuning: ["How many words are in {k}?", "Here is a list: {k}. How many words are in it?"], heldOut: ["How many words are there in the list {k}?", "How many words does the list {k} hold?", "These are the words: {k}. Count them."] },
    },
    novel: ["{k}: how many words?", "Write down the number of words in {k}."],
  }),
  open("head", 3, drawList(3, 5, (drawn) => drawn[0]!), {
    statements: ["The list {k} begins with {a}.", "Of {k} the first word is {a}.", "{P} read {k}, and {a} came first.", "In {k}, {a} stands at the front."],
    asks: {
      task: { tuning: ["name the first word of {k}", "say the first word of {k}"], heldOut: ["name the first word in the list {k}", "take the first word of {k}"] },
      whole: { tuning: ["What is the first word of {k}?", "Here is a list: {k}. Which word is first?"], heldOut: ["Which word is first in {k}?", "Which word comes first in the list {k}?", "These are the words: {k}. Which word comes first?"] },
    },
    novel: ["{k}: which word comes first?", "Write down the first word of {k}."],
  }),
  open("tail", 3, drawList(3, 5, (drawn) => drawn[drawn.length - 1]!), {
    statements: ["The list {k} ends with {a}.", "Of {k} the last word is {a}.", "{P} read {k}, and {a} came last.", "In {k}, {a} stands at the end."],
    asks: {
      task: { tuning: ["name the last word of {k}", "say the last word of {k}"], heldOut: ["name the last word in the list {k}", "take the last word of {k}"] },
      whole: { tuning: ["What is the last word of {k}?", "Here is a list: {k}. Which word is last?"], heldOut: ["Which word is last in {k}?", "Which word comes last in the list {k}?", "These are the words: {k}. Which word comes last?"] },
    },
    novel: ["{k}: which word comes last?", "Write down the last word of {k}."],
  }),
  open("join", 3, drawList(2, 2, (drawn) => drawn.join(" and ")), {
    statements: ["Together, {k} are {a}.", "{P} joined {k} and wrote {a}.", "With the word and between them, {k} become {a}.", "Joined, the words {k} are {a}."],
    asks: {
      task: { tuning: ["join {k}", "join the words {k}"], heldOut: ["join {k} with the word and", "put the word and between {k}"] },
      whole: { tuning: ["Here are two words: {k}. Join them."], heldOut: ["Take {k} and join the two words."] },
    },
    novel: ["{k}: join these words.", "Write down {k} joined by and."],
  }),
];

const texts: Family[] = [
  open("copy", 5, (random) => {
    const key = random.next() < 0.5 ? drawClause(random) : list(random, 2 + random.below(4)).join(", ");
    return { key, answer: key };
  }, {
    statements: ["{P} wrote {k}, and below it again {a}.", "They heard {k}, and they said {a}.", "Twice it was said: {k}, {a}.", "The line {k} was copied as {a}."],
    asks: {
      task: { tuning: ["repeat {k}", "copy {k}"], heldOut: ["say again {k}", "repeat the line {k}", "copy the line {k}"] },
      whole: { tuning: ["This is a line: {k}. Repeat it."], heldOut: ["They wrote {k}. Copy it."] },
    },
    novel: ["{k}: repeat this.", "Write down {k}."],
  }),
  open("negate", 2, (random) => {
    const thing = random.pick([...objects, ...pets]), colour = random.next() < 0.8 ? `${random.pick(colours)} ` : "", state = random.pick(adjectives);
    return { key: `the ${colour}${thing} is ${state}`, answer: `the ${colour}${thing} is not ${state}` };
  }, {
    statements: ["{P} says {k}, {Q} says {a}.", "It is wrong that {k}: {a}.", "No longer is it so that {k}; now {a}.", "Somebody thought that {k}, but in truth {a}."],
    asks: {
      task: { tuning: ["deny that {k}", "negate the sentence {k}"], heldOut: ["negate {k}", "say that it is wrong that {k}", "put not into the sentence {k}"] },
      whole: { tuning: ["Somebody says {k}. Deny it."], heldOut: ["They say that {k}. Negate it."] },
    },
    novel: ["{k}: deny this.", "Write down that it is wrong that {k}."],
  }),
  open("max", 2.5, (random) => {
    const [left, right] = random.sample(Array.from({ length: 30 }, (_unused, at) => at), 2) as [number, number];
    return { key: `${left} and ${right}`, answer: String(Math.max(left, right)) };
  }, {
    statements: ["Of {k} the bigger one is {a}.", "Between {k}, {a} is the bigger number.", "{P} saw {k} and chose {a}, the bigger one.", "The bigger number of {k} is {a}."],
    asks: {
      task: { tuning: ["name the bigger number of {k}", "say which of {k} is bigger"], heldOut: ["choose the bigger of {k}", "find the bigger number of {k}"] },
      whole: { tuning: ["Which of {k} is bigger?", "Here are two numbers: {k}. Which is bigger?"], heldOut: ["Which is the bigger number of {k}?", "What is the bigger one of {k}?", "Take {k}. Which one is bigger?"] },
    },
    novel: ["{k}: which is bigger?", "Write down the bigger of {k}."],
  }),
  open("phrase", 2.5, (random) => {
    const [adjective, noun] = [random.pick(velishAdjectives), random.pick(velishNouns)];
    return { key: `${adjective[0]} ${noun[0]}`, answer: `${adjective[1]} ${noun[1]}` };
  }, {
    statements: ["In Velish, {k} is {a}.", "{a} means {k} in Velish.", "{P} knows Velish and says {a} for {k}.", "The Velish words for {k} are {a}."],
    asks: {
      task: { tuning: ["translate {k} into Velish", "say {k} in Velish"], heldOut: ["put {k} into Velish", "translate the words {k} into Velish"] },
      whole: { tuning: ["How do you say {k} in Velish?"], heldOut: ["What is {k} in Velish?", "Which Velish words mean {k}?"] },
    },
    novel: ["Into Velish: {k}.", "Write down {k} in Velish."],
  }),
];

export const skillFamilies: readonly Family[] = [...letters, ...lists, ...texts];
