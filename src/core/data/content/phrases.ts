/** Owns what an answer says when another assistant wrote it: refusals, "As an AI language model", the names of other models. English; looks at trained text only. */
import { type Inspected } from "./place";

const MAKERS = "OpenAI|Anthropic|Google(?: AI| DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|Mistral(?: AI)?|Alibaba(?: Cloud)?|Baidu|xAI|Cohere|DeepSeek|LMSYS|Databricks";
const MODELS = "ChatGPT|GPT-?[2345](?:\\.\\d)?(?:-?turbo|o)?|InstructGPT|text-davinci-\\d+|Claude|Bard|Gemini|PaLM|LLaMA|Llama ?\\d|Vicuna|Alpaca|Koala|WizardLM|Bing Chat|Microsoft Copilot|Open Assistant|Qwen|Tongyi Qianwen|ERNIE Bot|DeepSeek(?:-\\w+)?|Mistral|Mixtral|Grok|Dolly";
/** "I am ChatGPT", "I was created by OpenAI", "my creators at OpenAI": somebody speaks of himself. */
const IMITATION = new RegExp([
  `\\b(?:I(?:'m| am)|my name is|call me|you(?:'re| are) (?:talking|chatting|speaking) (?:to|with)) (?:(?:an? |the )?(?:AI |large |language |virtual |chat ?bot |model |assistant )*(?:called |named |known as |, )?)?(?:${MODELS})\\b`,
  `\\b(?:I(?:'m| am| was| have been)|my)\\b[^.!?\\n]{0,80}?\\b(?:developed|created|trained|made|built|designed|fine-tuned|programmed|owned|powered|provided|developer|developers|creator|creators|makers?)\\b(?: (?:and \\w+ )?(?:by|at|from|is|are|are at))?(?: the)?(?: \\w+)?? (?:${MAKERS})\\b`,
  `\\b(?:OpenAI|Anthropic)'s (?:content |use |usage )?polic(?:y|ies)`,
].join("|"), "g");
/** Plain searches come first: they cost a tenth of a pattern, and nearly every text has none of these. */
const holdsAny = (words: readonly string[]) => (text: string): boolean => words.some((word) => text.includes(word));
const namesAModel = holdsAny(["OpenAI", "Anthropic", "Google", "DeepMind", "Meta", "Microsoft", "Mistral", "Alibaba", "Baidu", "xAI", "Cohere", "DeepSeek", "LMSYS", "Databricks", "GPT", "text-davinci", "Claude", "Bard", "Gemini", "PaLM", "LLaMA", "Llama", "Vicuna", "Alpaca", "Koala", "WizardLM", "Bing", "Copilot", "Open Assistant", "Qwen", "Tongyi", "ERNIE", "Mixtral", "Grok", "Dolly"]);
const NAME = new RegExp(`${MAKERS}|${MODELS}`, "i");

const AN_AI = "(?:an?|just an|only an|merely an) (?:(?:artificial intelligence|AI|large|machine learning|machine|computer|virtual|digital|text-based|conversational)[ -]?)*(?:language model|AI|artificial intelligence|model|assistant|chat ?bot|program|LLM)(?: \\((?:AI|LLM)\\))?(?: (?:language )?model| assistant| chat ?bot| program)?";
const BOILERPLATE = new RegExp([
  `\\b[Aa]s ${AN_AI}(?:[^.!?\\n]{0,60}?), ?(?:I|my)\\b`,
  `\\b(?:[Ss]ince|[Bb]ecause|[Aa]s|[Bb]ut|[Aa]nd|[Nn]ote that|[Rr]emember,? (?:that )?|[Hh]owever,|[Ss]orry,(?: but)?|^|[.!?]\\s+)\\s*I(?:'m| am) ${AN_AI}\\b(?! (?:that|who|which) (?:is|was) (?:here|happy))`,
  `\\bI(?:'m| am) (?:just|only|merely) ${AN_AI.replace("(?:an?|just an|only an|merely an)", "an?")}\\b`,
  "\\b[Mm]y (?:knowledge|training)(?: data)? cut-?off\\b", "\\b[Mm]y training data (?:only )?(?:goes|ends|includes|is|was|cuts)\\b", "\\b(?:I was|I am|I'm) (?:last )?trained on (?:a |data)", "\\b[Mm]y last (?:knowledge )?update (?:in|was)\\b",
].join("|"), "g");
const speaksOfAi = holdsAny(["AI", "language model", "artificial intelligence", "cutoff", "cut-off", "trained on", "raining data", "last update", "last knowledge", "assistant", "chatbot", "chat bot", "program", "LLM"]);

const CANNOT = "(?![^.,]{0,22}\\b(?:come|attend|make it|join|be there|meet)\\b)(?:can(?:'t|not| not)|(?:am|'m) (?:not able|unable|not (?:allowed|permitted)|not programmed|not comfortable)|do(?:n't| not) (?:have (?:access|the ability|the capability|enough information|any information|information|personal)|feel comfortable|know how)|won't|will not|must decline|have to decline)";
const REFUSAL = new RegExp(`^(?:[\\s"*]*)(?:(?:I(?:'m| am) )?(?:(?:very|really|so|truly|deeply) )?(?:sorry|afraid)[,.!]?(?: but)?(?: that)?,? (?:(?:as|since|because)[^.\\n]{0,80}, )?(?:I ?${CANNOT}|this (?:request|question|input|task) |that(?:'s| is) (?:not )?something I|it(?:'s| is) not (?:possible|appropriate)|there (?:is|was) not enough|the (?:input|question|prompt|given|provided))|(?:[Mm]y )?[Aa]polog(?:ies|ize)[^.\\n]{0,40}?\\b(?:but )?I ?${CANNOT}|I ?${CANNOT} (?:to )?(?:fulfil?|assist|help (?:with|you)|comply|provide|answer|do (?:that|this)|generate|create|write|complete|engage|discuss|support|participate|condone|access|perform|browse|offer|respond|process|see|view|open)|Unfortunately,? (?:I ?${CANNOT}|(?:as|since)[^.\\n]{0,80}, I ?${CANNOT}))`, "i");
const REFUSAL_HINT = /sorry|afraid|cannot|can't|can not|unable|not able|unfortunately|apolog|won't|will not|don't|do not|decline|not (?:allowed|permitted|programmed|comfortable)/i;

/** Quotes of its own voice are the point where somebody asks for a play, or asks who is speaking. */
const ASKS_WHO = /\b(?:who|what)(?:'s| is| are|'re)? (?:are you|you are|your (?:name|creator|purpose)|you\b)|\bwho (?:made|created|built|trained|developed|designed|programmed|owns) (?:you|u)\b|\b(?:about|introduce|describe|identify) (?:you|yourself)\b|\bare you (?:an?|chatgpt|gpt|human|real|conscious|sentient)|\byour name\b|\bcan you (?:feel|think|dream)/i;
const PLAYS_A_PART = /\b(?:role-?play|pretend|act as|imagine you(?:'re| are)|character|dialog(?:ue)?|conversation|script|story|poem|scene|chat ?bot)\b/i;

export const checkPhrases = ({ answers, others, report }: Inspected): void => {
  const asked = others.length === 1 ? others[0]!.content.slice(0, 4000) : others.map(({ content }) => content.slice(0, 2000)).join("\n");
  for (const message of answers) {
    // Curly apostrophes are one unit long as straight ones are, so offsets stay.
    const text = message.content.replaceAll("’", "'");
    if (namesAModel(text) && !NAME.test(asked)) {
      for (const match of text.matchAll(IMITATION)) {
        report("imitation", "warning", message, match.index, match.index + match[0].length, `The answer speaks as another model: ${JSON.stringify(match[0].slice(0, 80))}. Yours would learn that name; write who it should be, or remove the row.`);
      }
    }
    if (speaksOfAi(text) && !PLAYS_A_PART.test(asked) && !ASKS_WHO.test(asked)) {
      const match = text.matchAll(BOILERPLATE).next().value;
      if (match) report("ai-boilerplate", "warning", message, match.index, match.index + match[0].length, `${JSON.stringify(match[0].trim().slice(0, 80))} is a phrase that another assistant left behind; the model would learn to say it.`);
    }
    const opening = text.slice(0, 400);
    if (REFUSAL_HINT.test(opening)) {
      const match = REFUSAL.exec(opening);
      if (match) report("refusal", "information", message, match.index + match[0].search(/[^\s"*]/), match.index + match[0].length, "The answer refuses. Keep such rows only where the model should refuse; a few of them make it refuse harmless questions too.");
    }
  }
};
