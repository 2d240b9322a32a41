/** Owns the finder of an instruction's root verb and its direct noun object, by rules and for English alone: what Self-Instruct and Alpaca drew of theirs with a parser. Never throws. */
import { ADJECTIVES, ADVERBS, AUXILIARIES, DETERMINERS, ENDS, FOREIGN, INDIRECT, LEADS, NOUNS_IN_ING, NOUNS_LIKE_ADJECTIVES, OFTEN_NOUNS, PRONOUNS, QUANTITIES, QUESTION_WORDS, singular, VERBS } from "./englishWords";

/** As in Self-Instruct (Wang et al. 2022, section 3.4): "Write a short story about cats." is write, story. */
export interface VerbNoun { readonly verb: string; /** In the singular; undefined where the object is a clause, a name, a pronoun or nothing. */ readonly noun?: string }

/** Sentences that are looked at: many instructions set the scene in the first. */
const SENTENCES = 3;
const MOST_CHARACTERS = 1000;
/** A word with its letters in lower case; `text` is "," and the like for punctuation, `"` for anything in quotes. */
interface Token { readonly text: string; readonly capital: boolean }

/** Undefined where no verb asks for anything. */
export const verbNounOf = (instruction: string): VerbNoun | undefined => {
  let scene: VerbNoun | undefined;
  for (const sentence of sentencesOf(instruction)) {
    const tokens = tokensOf(sentence);
    const root = rootVerb(tokens);
    const found = root && withObject(tokens, root);
    if (found && !SCENES.has(found.verb)) return found;
    scene ??= found;
  }
  return scene;
};

const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|st|no|approx|fig|u\.s|a\.m|p\.m)|\b[A-Za-z])\.$/i;

/** One by one: the first mostly says all. */
function* sentencesOf(whole: string): Generator<string> {
  const text = whole.slice(0, MOST_CHARACTERS);
  let [sentence, count, from] = ["", 0, 0];
  for (const { 0: gap, index } of text.matchAll(/(?<=[.!?]["”’)]?)\s+|\s*\n+\s*/g)) {
    const piece = text.slice(from, index);
    from = index + gap.length;
    sentence = sentence === "" ? piece : `${sentence} ${piece}`;
    if (ABBREVIATION.test(sentence)) continue;
    if (/[a-z]/i.test(sentence)) {
      yield sentence;
      if (++count === SENTENCES) return;
    }
    sentence = "";
  }
  const last = text.slice(from);
  sentence = sentence === "" ? last : `${sentence} ${last}`;
  if (/[a-z]/i.test(sentence)) yield sentence;
}

const TOKEN = /"[^"]*"|<[^<>\s]+>|(?<![A-Za-z])'[^']+'(?![A-Za-z])|[A-Za-z][A-Za-z'.]*(?:\+\+|#|(?:[-/][A-Za-z]+)*)|\d+(?:[.,:]\d+)*%?(?:[-–]\w+)*|[^\sA-Za-z\d]/g;

const plainly = (sentence: string): string =>
  sentence.replace(/[“”]/g, '"').replace(/[’‘]/g, "'").replace(/\b(thank) (you)\b|\b(role) (play)/gi, "$1$3-$2$4").replace(/\brole-play/gi, "roleplay").replace(/\bUS\b/g, "U.S");

const tokensOf = (sentence: string): Token[] => (plainly(sentence).match(TOKEN) ?? []).map((token) => {
  const first = token.charCodeAt(0);
  if ((first === 34 || first === 39 || first === 60) && /^../.test(token)) return { text: '"', capital: false };
  const text = token.toLowerCase();
  return { text: text.endsWith(".") ? text.replace(/\.+$/, "") : text, capital: first >= 65 && first <= 90 && !/^[A-Z\d+#-]{2,}s?$/.test(token) };
});

const isWord = (token: Token | undefined): boolean => token !== undefined && /^[a-z]/.test(token.text);
const isNumber = (token: Token | undefined): boolean => token !== undefined && /^\d/.test(token.text);
const isClosed = (word: string): boolean => DETERMINERS.has(word) || PRONOUNS.has(word) || ENDS.has(word) || AUXILIARIES.has(word) || QUESTION_WORDS.has(word) || LEADS.has(word) || ADVERBS.has(word);
const opensObject = (token: Token | undefined): boolean => token !== undefined && (DETERMINERS.has(token.text) || INDIRECT.has(token.text) || isNumber(token));

/** Phrases after which the verb stands that is asked for; undefined: none begins here. */
const LEAD_INS: readonly RegExp[] = [
  /^(?:i|we)(?:'d| would|'ll| will)? (?:want|need|like|love|ask|expect|require)(?:ed)? (?:for )?you (?:(?:please|now) )?to /, /^i(?:'m| am) (?:asking|going to ask) you to /,
  /^(?:can|could|would|will) you (?:please |kindly |also |just )?(?:help (?:me|us) (?:to )?)?/, /^(?:your|the|this) (?:task|job|goal|role|mission|challenge|assignment|objective|aim)(?: here| now| today)? (?:is|will be|requires you|involves) to /,
  /^you(?:'ll| will)? (?:(?:will|should|must|can|could|may) |(?:need|have|want|are|are asked|are required|are tasked|are going|are expected|are supposed|are instructed|are to) to )(?:be asked to )?/,
  /^(?:it would be \w+|(?:i|we)(?: would|'d) \w+ it|i(?: would|'d) be \w+) if you (?:could |would |can )?/,
  /^(?:help (?:me|us)|let's|let us|let me|try to|make sure to|be sure to|feel free to|go ahead and|it is your job to|i would like to|i'd like to|i want to|i need to|how to|how do you|how would you|how can you|how should you) (?:to )?/,
];

const leadInOf = (opening: string): string | undefined => {
  for (const pattern of LEAD_INS) {
    const match = pattern.exec(opening)?.[0];
    if (match) return match;
  }
  return undefined;
};

/** The place of the verb that the sentence asks with; a question may have named its object already. */
interface Root { readonly at: number; readonly noun?: string | undefined }

const GIVEN = /^(?:you(?:'re| are|'ll be| will be)|we have|there (?:is|are)|here (?:is|are)) (?:given|provided|presented|shown)? ?/;

const rootVerb = (tokens: readonly Token[]): Root | undefined => {
  let at = 0;
  for (let round = 0; round < 6 && at < tokens.length; round++) {
    while (at < tokens.length && (!isWord(tokens[at]) && tokens[at]!.text !== '"' || ADVERBS.has(tokens[at]!.text) || isAdverb(tokens[at]!.text) && isWord(tokens[at + 1]) || tokens[at + 1]?.text === ":" && !isVerbHere(tokens, at))) at++;
    const word = tokens[at]?.text ?? "";
    const opening = `${tokens.slice(at, at + 14).map(({ text }) => text).join(" ")} `, leadIn = leadInOf(opening);
    if (leadIn !== undefined) {
      at += leadIn.trim().split(" ").length;
      while (ADVERBS.has(tokens[at]?.text ?? "") || isAdverb(tokens[at]?.text ?? "")) at++;
      return isWord(tokens[at]) && (VERBS.has(tokens[at]!.text) || !isClosed(tokens[at]!.text) && opensObject(tokens[at + 1])) ? { at } : undefined;
    }
    if (isVerbHere(tokens, at)) return { at };
    if (QUESTION_WORDS.has(word) || AUXILIARIES.has(word)) return questionVerb(tokens, at);
    if (!LEADS.has(word) && !GIVEN.test(opening)) return undefined;
    if (QUESTION_WORDS.has(tokens[at + 1]?.text ?? "") && /^(?:in|on|at|for|to|from|with|by|of|about)$/.test(word)) return questionVerb(tokens, at + 1);
    const after = afterLead(tokens, at);
    if (after === undefined) return undefined;
    at = after;
  }
  return undefined;
};

const isAdverb = (word: string): boolean => /[a-z]{3}ly$/.test(word) && word !== "apply" && word !== "reply" && word !== "supply" && word !== "multiply" && word !== "imply";

/** Whether a verb in the imperative stands here: at the beginning of a sentence or of its main clause. */
const isVerbHere = (tokens: readonly Token[], at: number): boolean => {
  const word = tokens[at]?.text ?? "", next = tokens[at + 1];
  if (!isWord(tokens[at]) || word.includes("'") || AUXILIARIES.has(word) && /^(?:you|we|i|they|he|she|it|any|not)$/.test(next?.text ?? "") || next?.text === ":" && OFTEN_NOUNS.has(word) || FOREIGN.has(next?.text ?? "")) return false;
  if (OFTEN_NOUNS.has(word)) return next?.text === "and" && VERBS.has(tokens[at + 2]?.text ?? "") && opensObject(tokens[at + 3]) || opensObject(next) || next?.text === '"' || next !== undefined && isWord(next) && (!ENDS.has(next.text) || /^(?:how|what|why|whether|if|as|in|for|with|up|out|about|into|that|which|when|where|who|at|down|off)$/.test(next.text));
  if (VERBS.has(word)) return true;
  if (isClosed(word) || word.length < 3) return false;
  // A word that this does not know, before what only an object begins with: "Yodel the anthem".
  return (DETERMINERS.has(next?.text ?? "") || next?.text === "me") && !/(?:ing|ed|s|tion|ment|ness)$/.test(word) || /[a-z]{3}(?:ize|ise|ify)$/.test(word);
};

/** Where the main clause begins after a phrase such as "Given a sentence," or "For the following words". */
const afterLead = (tokens: readonly Token[], at: number): number | undefined => {
  for (let comma = at + 1; comma < tokens.length - 1; comma++) {
    if (!/^[,;:)-]$/.test(tokens[comma]!.text)) continue;
    const next = tokens[comma + 1]!.text;
    const verb = isVerbHere(tokens, comma + 1) && !(OFTEN_NOUNS.has(next) && /^(?:[,]|and|or)$/.test(tokens[comma + 2]?.text ?? ""));
    if (verb || ADVERBS.has(next) || /^(?:you|your|i|we|can|could|how|what|which|let's|help)$/.test(next) || LEADS.has(next) && tokens[comma]!.text === "," && next !== "of") return comma + 1;
  }
  for (let place = at + 2; place < tokens.length - 2; place++) {
    if (tokens[place]!.text === "you" && /^(?:should|must|need|have|will)$/.test(tokens[place + 1]!.text)) return place;
    if (/^(?:required|asked|expected|supposed|tasked)$/.test(tokens[place]!.text) && tokens[place + 1]!.text === "to" && VERBS.has(tokens[place + 2]!.text)) return place + 2;
  }
  // Without a comma: a verb that is nothing else, with its object.
  for (let place = at + 2; place < tokens.length - 1; place++) if (VERBS.has(tokens[place]!.text) && !OFTEN_NOUNS.has(tokens[place]!.text) && !AUXILIARIES.has(tokens[place]!.text) && opensObject(tokens[place + 1]) && tokens[place - 1]!.text !== "to" && !PRONOUNS.has(tokens[place - 1]!.text)) return place;
  return undefined;
};

/** "How can governments reduce …", "What does it mean", "Should I buy …": the verb after the auxiliary and its subject. */
const questionVerb = (tokens: readonly Token[], at: number): Root | undefined => {
  const auxiliary = AUXILIARIES.has(tokens[at]!.text) ? at : tokens.findIndex(({ text }, place) => place > at && place < at + 6 && AUXILIARIES.has(text));
  if (auxiliary < 0) return tokens[at]!.text === "how" && tokens[at + 1]?.text === "to" && isWord(tokens[at + 2]) ? { at: at + 2 } : undefined;
  // "What advice do you offer": the object comes first.
  const noun = /^(?:what|which)$/.test(tokens[at]!.text) && auxiliary > at + 1 ? objectAt(tokens.slice(0, auxiliary), at + 1) : undefined;
  for (let place = auxiliary + 1; place < Math.min(tokens.length, auxiliary + 8); place++) {
    const { text } = tokens[place]!, before = tokens[place - 1]!.text;
    const speaks = place === auxiliary + 2 && /^(?:i|we|you|one|they|he|she|it)$/.test(before);
    if (place > auxiliary + 1 && (VERBS.has(text) || text === "have" || speaks && !isClosed(text) && !isAdverb(text)) && (!OFTEN_NOUNS.has(text) || speaks || PRONOUNS.has(before) || opensObject(tokens[place + 1]) || !isWord(tokens[place + 1]))) return { at: place, noun };
    if (ENDS.has(text) && !PRONOUNS.has(text) && !/^(?:and|or|of)$/.test(text) || !isWord(tokens[place]) && !isNumber(tokens[place])) return undefined;
  }
  return undefined;
};

/** Verbs whose object comes after more than the verb. */
const PHRASAL: readonly (readonly [string, readonly string[]])[] = [["come", ["up", "with"]], ["think", ["of"]], ["look", ["for"]], ["search", ["for"]], ["get", ["rid", "of"]], ["take", ["on"]]];
/** "Give the brand a motto": what is given comes second. */
const TWO_OBJECTS = new Set(["give", "offer", "tell", "send", "show", "assign", "teach", "ask"]);
const WITHOUT_OBJECT = new Set(["believe", "say", "become", "stay", "act", "suppose", "pretend", "go", "differ", "occur", "happen", "respond", "react", "reply", "speak"]);
/** They set a scene; what is asked comes in another sentence, or was all. */
const SCENES = new Set(["imagine", "suppose", "assume", "pretend"]);
const PARTICLES = new Set(["up", "out", "down", "in", "off", "together", "back"]);

const withObject = (tokens: readonly Token[], { at, noun: named }: Root): VerbNoun | undefined => {
  let verb = tokens[at]!.text;
  let place = at + 1;
  if (FOREIGN.has(tokens[place]?.text ?? "")) return undefined;
  const phrasal = PHRASAL.find(([first, rest]) => verb === first && rest.every((word, index) => tokens[place + index]?.text === word));
  if (phrasal) {
    verb = [verb, ...phrasal[1]].join(" ");
    place += phrasal[1].length;
  } else if (tokens[place]?.text === "in" && (/^(?:detail|brief|short|depth|full)$/.test(tokens[place + 1]?.text ?? "") || tokens[place + 2]?.text === "words")) {
    // "in detail", "in 50 words": how, not what.
    place += tokens[place + 2]?.text === "words" ? 3 : 2;
  } else if (PARTICLES.has(tokens[place]?.text ?? "") && isWord(tokens[place + 1]) && (opensObject(tokens[place + 1]) || !ENDS.has(tokens[place + 1]!.text))) place++;
  // Compare and contrast, read and summarise: the object is that of both.
  while (/^(?:and|or|,)$/.test(tokens[place]?.text ?? "") && VERBS.has(tokens[place + 1]?.text ?? "") && (!OFTEN_NOUNS.has(tokens[place + 1]!.text) || opensObject(tokens[place + 2]))) place += 2;
  while (isAdverb(tokens[place]?.text ?? "")) place++;
  if (tokens[place]?.text === "to" && INDIRECT.has(tokens[place + 1]?.text ?? "")) place += 2;
  const noun = named ?? (WITHOUT_OBJECT.has(verb) ? undefined : objectAt(tokens, place, TWO_OBJECTS.has(verb)));
  return { verb, ...(noun === undefined ? {} : { noun }) };
};

const isAdjective = (word: string): boolean => ADJECTIVES.has(word) || !NOUNS_LIKE_ADJECTIVES.has(word) && /[a-z]{2}(?:ful|ous|ive|al|ic|less|able|ible|ary|ical|ish)$/.test(word) || /^(?:\w+-)+\w+$/.test(word);

/** The head of the noun phrase that begins at `at`. */
const objectAt = (tokens: readonly Token[], at: number, mayHaveTwo = false): string | undefined => {
  let place = at;
  if (INDIRECT.has(tokens[place]?.text ?? "") && (opensObject(tokens[place + 1]) && tokens[place + 1]!.text !== "that" || isWord(tokens[place + 1]) && !ENDS.has(tokens[place + 1]!.text))) place++;
  const run: Token[] = [];
  let opened = false;
  for (; place < tokens.length; place++) {
    const token = tokens[place]!, { text } = token;
    const before = run.at(-1);
    if (isNumber(token) || DETERMINERS.has(text) && (text !== "that" || !opened) && (before === undefined || /^(?:following|given|different|other|various|multiple|such|more|one|two|three|four|five|six|seven|eight|nine|ten)$/.test(text))) {
      if (run.length > 0 && !isAdjective(before!.text)) break;
      // "two of the sentences": what is counted is the object.
      if (QUANTITIES.has(text) && tokens[place + 1]?.text === "of") place++;
      opened = true;
      continue;
    }
    if (QUANTITIES.has(text) && tokens[place + 1]?.text === "of") {
      run.length = 0;
      place++;
      continue;
    }
    if (text === '"') {
      if (run.length > 0 && !isAdjective(before!.text) || !isWord(tokens[place + 1]) || ENDS.has(tokens[place + 1]!.text)) break;
      continue;
    }
    // "the below sentence", "some related queries", "the ending"
    if (opened && run.length === 0 && (/^(?:below|above|written|made|found)$/.test(text) || /ed$/.test(text) && ENDS.has(text)) && isWord(tokens[place + 1]) && !ENDS.has(tokens[place + 1]!.text)) continue;
    if (run.length === 0 && /^(?:at|up|more|about|around|less)$/.test(text) && /^(?:least|most|to|than|\d.*)$/.test(tokens[place + 1]?.text ?? "") && (isNumber(tokens[place + 1]) || opensObject(tokens[place + 2]))) {
      if (!isNumber(tokens[place + 1])) place++;
      continue;
    }
    if (/^(?:,|and|or|&|-|\/)$/.test(text) && before !== undefined && isAdjective(before.text) && isWord(tokens[place + 1]) && !ENDS.has(tokens[place + 1]!.text) && !DETERMINERS.has(tokens[place + 1]!.text)) continue;
    if (!isWord(token) || ENDS.has(text) && !(opened && run.length === 0 && /ing$/.test(text)) || PRONOUNS.has(text.split("'")[0]!) || DETERMINERS.has(text) && run.length > 0) break;
    if (isAdverb(text) && !/^(?:family|reply|assembly|anomaly|butterfly|monopoly|ally|supply|daily|weekly|monthly|friendly|lovely|elderly|likely|early)$/.test(text)) {
      if (run.length > 0 && !isAdjective(before!.text)) break;
      continue;
    }
    // "a story describing", "the sentence written": what follows the noun belongs to it. "Using words": no object but an action.
    if (/[a-z]{2}ing$/.test(text) && !NOUNS_IN_ING.has(text) && !ADJECTIVES.has(text) && (run.length > 0 && /^(?:a|an|the|this|these|its|their|your|my|some)$/.test(tokens[place + 1]?.text ?? "") || before !== undefined && !isAdjective(before.text) || before === undefined && !opened)) break;
    if (/[a-z]{2}ed$/.test(text) && before !== undefined && !isAdjective(before.text) && !(isWord(tokens[place + 1]) && !ENDS.has(tokens[place + 1]!.text) && !DETERMINERS.has(tokens[place + 1]!.text))) break;
    run.push(token);
  }
  const second = tokens[place];
  if (mayHaveTwo && run.length > 0 && second !== undefined && (second.text === "a" || second.text === "an" || isNumber(second))) return objectAt(tokens, place);
  const phrase = run.length;
  while (run.length > 1 && (run.at(-1)!.text.length < 2 || /^(?:today|tomorrow|yesterday|tonight)$/.test(run.at(-1)!.text))) run.pop();
  while (run.length > 1 && isAdjective(run.at(-1)!.text) && !isAdjective(run.at(-2)!.text)) run.pop();
  const head = run.at(-1);
  if (!head || ADJECTIVES.has(head.text) || run.length === 1 && isAdjective(head.text) && !opened || head.text.length < 2) return undefined;
  // A name, unless an article makes it one of many: "a Haiku".
  const opening = tokens[place - phrase - 1];
  if (head.capital && !isNumber(opening) && !/^(?:a|an|some)$/.test(opening?.text ?? "")) return undefined;
  return singular(head.text.replace(/'s?$/, "").replace(/\/.*/, ""));
};
