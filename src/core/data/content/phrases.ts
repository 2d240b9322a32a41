/** Owns what an answer says when another assistant wrote it: refusals, "As an AI language model", the names of other models. English here, other languages as a table in `otherLanguages.ts`; looks at trained text only. */
import { otherLanguages, type LanguagePhrases } from "./otherLanguages";
import { type Inspected, type Report } from "./place";
import { Sign, wordsTold } from "./signs";
import { type Message } from "../record";

const MAKERS = "OpenAI|Anthropic|Google(?: AI| DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|Mistral(?: AI)?|Alibaba(?: Cloud)?|Baidu|xAI|Cohere|DeepSeek|LMSYS|Databricks";
const MODELS = "ChatGPT|GPT-?[2345](?:\\.\\d)?(?:-?turbo|o)?|InstructGPT|text-davinci-\\d+|Claude|Bard|Gemini|PaLM|LLaMA|Llama ?\\d|Vicuna|Alpaca|Koala|WizardLM|Bing Chat|Microsoft Copilot|Open Assistant|Qwen|Tongyi Qianwen|ERNIE Bot|DeepSeek(?:-\\w+)?|Mistral|Mixtral|Grok|Dolly";
/** "I am ChatGPT", "I was created by OpenAI", "my creators at OpenAI": somebody speaks of himself. */
const IMITATION = new RegExp([
  `\\b(?:I(?:'m| am)|my name is|call me|you(?:'re| are) (?:talking|chatting|speaking) (?:to|with)) (?:(?:an? |the )?(?:AI |large |language |virtual |chat ?bot |model |assistant )*(?:called |named |known as |, )?)?(?:${MODELS})\\b`,
  `\\b(?:I(?:'m| am| was| have been)|my)\\b[^.!?\\n]{0,80}?\\b(?:developed|created|trained|made|built|designed|fine-tuned|programmed|owned|powered|provided|developer|developers|creator|creators|makers?)\\b(?: (?:and \\w+ )?(?:by|at|from|is|are|are at))?(?: the)?(?: \\w+)?? (?:${MAKERS})\\b`,
  `\\b(?:OpenAI|Anthropic)'s (?:content |use |usage )?polic(?:y|ies)`,
].join("|"), "g");
/** Plain searches come first, and before them the text's signs: nearly every text has none of these. */
const namesAModel = wordsTold(Sign.model, ["OpenAI", "Anthropic", "Google", "DeepMind", "Meta", "Microsoft", "Mistral", "Alibaba", "Baidu", "xAI", "Cohere", "DeepSeek", "LMSYS", "Databricks", "GPT", "text-davinci", "Claude", "Bard", "Gemini", "PaLM", "LLaMA", "Llama", "Vicuna", "Alpaca", "Koala", "WizardLM", "Bing", "Copilot", "Open Assistant", "Qwen", "Tongyi", "ERNIE", "Mixtral", "Grok", "Dolly"]);
const NAME = new RegExp(`${MAKERS}|${MODELS}`, "i");

const AN_AI = "(?:an?|just an|only an|merely an) (?:(?:artificial intelligence|AI|large|machine learning|machine|computer|virtual|digital|text-based|conversational)[ -]?)*(?:language model|AI|artificial intelligence|model|assistant|chat ?bot|program|LLM)(?: \\((?:AI|LLM)\\))?(?: (?:language )?model| assistant| chat ?bot| program)?";
const BOILERPLATE = new RegExp([
  `\\b[Aa]s ${AN_AI}(?:[^.!?\\n]{0,60}?), ?(?:I|my)\\b`,
  `\\b(?:[Ss]ince|[Bb]ecause|[Aa]s|[Bb]ut|[Aa]nd|[Nn]ote that|[Rr]emember,? (?:that )?|[Hh]owever,|[Ss]orry,(?: but)?|^|[.!?]\\s+)\\s*I(?:'m| am) ${AN_AI}\\b(?! (?:that|who|which) (?:is|was) (?:here|happy))`,
  `\\bI(?:'m| am) (?:just|only|merely) ${AN_AI.replace("(?:an?|just an|only an|merely an)", "an?")}\\b`,
  "\\b[Mm]y (?:knowledge|training)(?: data)? cut-?off\\b", "\\b[Mm]y training data (?:only )?(?:goes|ends|includes|is|was|cuts)\\b", "\\b(?:I was|I am|I'm) (?:last )?trained on (?:a |data)", "\\b[Mm]y last (?:knowledge )?update (?:in|was)\\b",
].join("|"), "g");
const speaksOfAi = wordsTold(Sign.ofAi, ["AI", "language model", "artificial intelligence", "cutoff", "cut-off", "trained on", "raining data", "last update", "last knowledge", "assistant", "chatbot", "chat bot", "program", "LLM"]);

const CANNOT = "(?![^.,]{0,22}\\b(?:come|attend|make it|join|be there|meet)\\b)(?:can(?:'t|not| not)|(?:am|'m) (?:not able|unable|not (?:allowed|permitted)|not programmed|not comfortable)|do(?:n't| not) (?:have (?:access|the ability|the capability|enough information|any information|information|personal)|feel comfortable|know how)|won't|will not|must decline|have to decline)";
const REFUSAL = new RegExp(`^(?:[\\s"*]*)(?:(?:I(?:'m| am) )?(?:(?:very|really|so|truly|deeply) )?(?:sorry|afraid)[,.!]?(?: but)?(?: that)?,? (?:(?:as|since|because)[^.\\n]{0,80}, )?(?:I ?${CANNOT}|this (?:request|question|input|task) |that(?:'s| is) (?:not )?something I|it(?:'s| is) not (?:possible|appropriate)|there (?:is|was) not enough|the (?:input|question|prompt|given|provided))|(?:[Mm]y )?[Aa]polog(?:ies|ize)[^.\\n]{0,40}?\\b(?:but )?I ?${CANNOT}|I ?${CANNOT} (?:to )?(?:fulfil?|assist|help (?:with|you)|comply|provide|answer|do (?:that|this)|generate|create|write|complete|engage|discuss|support|participate|condone|access|perform|browse|offer|respond|process|see|view|open)|Unfortunately,? (?:I ?${CANNOT}|(?:as|since)[^.\\n]{0,80}, I ?${CANNOT}))`, "i");

/** Quotes of its own voice are the point where somebody asks for a play, or asks who is speaking. */
const ASKS_WHO = /\b(?:who|what)(?:'s| is| are|'re)? (?:are you|you are|your (?:name|creator|purpose)|you\b)|\bwho (?:made|created|built|trained|developed|designed|programmed|owns) (?:you|u)\b|\b(?:about|introduce|describe|identify) (?:you|yourself)\b|\bare you (?:an?|chatgpt|gpt|human|real|conscious|sentient)|\byour name\b|\bcan you (?:feel|think|dream)/i;
const PLAYS_A_PART = /\b(?:role-?play|pretend|act as|imagine you(?:'re| are)|character|dialog(?:ue)?|conversation|script|story|poem|scene|chat ?bot)\b/i;

/** Names that other languages have beside those. */
const LOCAL_NAMES = ["百度", "阿里", "腾讯", "智谱", "月之暗面", "深度求索", "科大讯飞", "讯飞", "商汤", "字节跳动", "文心一言", "通义千问", "豆包", "智谱清言", "Kimi", "ChatGLM", "Яндекс", "YandexGPT", "GigaChat", "Сбер", "네이버", "클로바", "HyperCLOVA"];
const namesLocally = (text: string): boolean => LOCAL_NAMES.some((name) => text.includes(name));
const ANY_NAME = `(?:${MAKERS}|${MODELS}|${LOCAL_NAMES.join("|")})(?![\\p{Script=Latin}\\p{Script=Cyrillic}])`;
const elsewhere = otherLanguages.map((phrases) => ({ ...phrases, holdsHint: wordsTold(Sign.ofAiElsewhere, phrases.hints), imitates: new RegExp(phrases.imitates.map((one) => `(?:${one.replaceAll("NAME", ANY_NAME)})`).join("|"), "gu") }));
type Elsewhere = (typeof elsewhere)[number];
type Said = ReadonlySet<"imitation" | "ai-boilerplate" | "refusal">;
const isLatin = ({ language }: Elsewhere): boolean => !/Chinese|Russian|Japanese|Korean|Arabic|Hindi/.test(language);
const [latin, otherScripts] = [elsewhere.filter(isLatin), elsewhere.filter((phrases) => !isLatin(phrases))];
/** A refusal in any of them; each is looked for at the beginning alone. */
const refusesInLatin = new RegExp(latin.map(({ refuses }) => refuses.source).join("|"), "iu");
const OTHER_SCRIPT = /[\u0370-\u1cff\u2e80-\ud7ff\uf900-\ufdff\ufe70-\uffdc]/;
/** Words that the other languages with Latin letters do not have: nearly every text is English, and is looked through once. */
const ENGLISH = /[ "](?:[Tt]he|and|with|that|from|are|you|I) /;

const WHO = (name: string): string => `The answer speaks as another model: ${name}. Yours would learn that name; write who it should be, or remove the row.`;
const PHRASE = (phrase: string): string => `${phrase} is a phrase that another assistant left behind; the model would learn to say it.`;
const REFUSES = "The answer refuses. Keep such rows only where the model should refuse; a few of them make it refuse harmless questions too.";

/** What was not `said` in English, told once, in the first language that has it. */
const checkElsewhere = (message: Message, text: string, signs: number, asking: () => string, said: Said, report: Report): void => {
  const opening = text.slice(0, 400), notLatin = (signs & Sign.beyondAscii) !== 0 && OTHER_SCRIPT.test(text), maySpeak = notLatin || (signs & (Sign.ofAiElsewhere | Sign.model)) !== 0;
  const languages = [...(notLatin ? otherScripts : []), ...(!maySpeak && !refusesInLatin.test(opening) || ENGLISH.test(opening) ? [] : latin)];
  if (languages.length === 0) return;
  const asked = asking();
  const first = (of: (phrases: Elsewhere) => RegExpExecArray | undefined | null): RegExpExecArray | undefined => {
    for (const phrases of languages) {
      const match = of(phrases);
      if (match) return match;
    }
    return undefined;
  };
  const isAskedFor = ({ asksWho }: Pick<LanguagePhrases, "asksWho">): boolean => asksWho.test(asked) || ASKS_WHO.test(asked) || PLAYS_A_PART.test(asked);
  if (!said.has("imitation") && ((signs & Sign.model) !== 0 && namesAModel(text) || notLatin && namesLocally(text)) && !NAME.test(asked) && !namesLocally(asked)) {
    const match = first((phrases) => phrases.asksWho.test(asked) ? undefined : text.matchAll(phrases.imitates).next().value);
    if (match) report("imitation", "warning", message, match.index, match.index + match[0].length, WHO(JSON.stringify(match[0].slice(0, 80))));
  }
  const phrase = said.has("ai-boilerplate") ? undefined : first((phrases) => phrases.holdsHint(text) && !isAskedFor(phrases) ? text.matchAll(phrases.speaks).next().value : undefined);
  if (phrase) report("ai-boilerplate", "warning", message, phrase.index, phrase.index + phrase[0].length, PHRASE(JSON.stringify(phrase[0].trim().slice(0, 80))));
  const refusal = said.has("refusal") ? undefined : first(({ refuses }) => refuses.exec(opening));
  if (refusal) report("refusal", "information", message, refusal.index + refusal[0].search(/[^\s"'«„“*¡¿]/), refusal.index + refusal[0].length, REFUSES);
};

export const checkPhrases = ({ answers, others, signs, report }: Inspected): void => {
  let question: string | undefined;
  const asked = (): string => question ??= others.length === 1 ? others[0]!.content.slice(0, 4000) : others.map(({ content }) => content.slice(0, 2000)).join("\n");
  for (const message of answers) {
    // Curly apostrophes are one unit long as straight ones are, so offsets stay.
    const text = message.content.replaceAll("’", "'"), said = new Set<"imitation" | "ai-boilerplate" | "refusal">();
    const tell = (code: "imitation" | "ai-boilerplate" | "refusal", severity: "warning" | "information", from: number, to: number, words: string): void => {
      said.add(code);
      report(code, severity, message, from, to, words);
    };
    if ((signs & Sign.model) !== 0 && namesAModel(text) && !NAME.test(asked())) {
      for (const match of text.matchAll(IMITATION)) {
        tell("imitation", "warning", match.index, match.index + match[0].length, WHO(JSON.stringify(match[0].slice(0, 80))));
      }
    }
    if ((signs & Sign.ofAi) !== 0 && (signs & Sign.firstPerson) !== 0 && speaksOfAi(text)) {
      const match = text.matchAll(BOILERPLATE).next().value;
      if (match && !PLAYS_A_PART.test(asked()) && !ASKS_WHO.test(asked())) tell("ai-boilerplate", "warning", match.index, match.index + match[0].length, PHRASE(JSON.stringify(match[0].trim().slice(0, 80))));
    }
    const refusal = REFUSAL.exec(text.slice(0, 400));
    if (refusal) tell("refusal", "information", refusal.index + refusal[0].search(/[^\s"*]/), refusal.index + refusal[0].length, REFUSES);
    checkElsewhere(message, text, signs, asked, said, report);
  }
};
