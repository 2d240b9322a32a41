/** The messages between the extension and the playground, each with the guard that checks it on arrival. */
import { either, flag, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

/** Names are those of Hugging Face's GenerationConfig; temperature 0 is greedy. */
const settings = shape({ temperature: number, top_p: number, top_k: number, seed: number, max_new_tokens: number });
export type PlaygroundSettings = Guarded<typeof settings>;

/** The limits that the form shows and that the extension enforces again. */
export const settingLimits: { [K in keyof PlaygroundSettings]: { min: number; max: number; step: number; whole: boolean; label: string; hint: string } } = {
  temperature: { min: 0, max: 5, step: 0.1, whole: false, label: "Temperature", hint: "0 always takes the likeliest token; higher is more varied." },
  top_p: { min: 0.01, max: 1, step: 0.01, whole: false, label: "Top P", hint: "Sample from the likeliest tokens whose probabilities reach this sum." },
  top_k: { min: 0, max: 100_000, step: 1, whole: true, label: "Top K", hint: "Sample from this many likeliest tokens; 0 for all of them." },
  seed: { min: 0, max: 2 ** 31 - 1, step: 1, whole: true, label: "Seed", hint: "The same seed gives the same answer." },
  max_new_tokens: { min: 1, max: 4096, step: 1, whole: true, label: "Max new tokens", hint: "The answer is cut after this many tokens." },
};

export const defaultSettings: PlaygroundSettings = { temperature: 0, top_p: 1, top_k: 0, seed: 42, max_new_tokens: 128 };

/** The nearest permitted settings. */
export const clampSettings = (wanted: PlaygroundSettings): PlaygroundSettings =>
  Object.fromEntries(Object.entries(settingLimits).map(([name, { min, max, whole }]) => {
    const value = Math.min(max, Math.max(min, wanted[name as keyof PlaygroundSettings]));
    return [name, whole ? Math.round(value) : value];
  })) as PlaygroundSettings;

const base = shape({ /** "starter" or a folder */ id: text, label: text, detail: text });
export type BaseChoice = Guarded<typeof base>;

const adapter = shape({ /** the adapter's folder */ id: text, label: text, detail: text, /** id of its base */ base: text });
export type AdapterChoice = Guarded<typeof adapter>;

const answer = shape({
  model: text, kind: oneOf("base", "adapter"), text,
  state: oneOf("waiting", "streaming", "done", "stopped", "failed"),
  finish: nullable(oneOf("stop", "length")), tokens: nullable(number), firstTokenMs: nullable(number), tokensPerSecond: nullable(number),
});
export type PlaygroundAnswer = Guarded<typeof answer>;

const failure = shape({ what: text, next: text, /** what would help: start the worker again, or just another try */ restart: flag });
export type PlaygroundFailure = Guarded<typeof failure>;

/** One prompt with the answers of every model asked. */
const exchange = shape({ id: number, prompt: text, system: text, base: text, settings, answers: list(answer), failure: nullable(failure) });
export type Exchange = Guarded<typeof exchange>;

/** From the extension to the view. */
export const isPlaygroundUpdate = either(
  shape({ type: oneOf("choices"), bases: list(base), adapters: list(adapter), examples: list(text), trusted: flag, /** models to select now, where a command asked for them */ select: nullable(shape({ base: text, adapters: list(text) })) }),
  /** The whole session, newest last; sent when the view starts. */
  shape({ type: oneOf("session"), exchanges: list(exchange) }),
  /** A new exchange, or one whose answers or failure changed as a whole. */
  shape({ type: oneOf("exchange"), exchange }),
  shape({ type: oneOf("tokens"), exchange: number, parts: list(shape({ answer: number, text })) }),
  shape({ type: oneOf("state"), state: oneOf("idle", "starting", "generating") }),
);
export type PlaygroundUpdate = Guarded<typeof isPlaygroundUpdate>;

/** From the view to the extension. */
export const isPlaygroundRequest = either(
  shape({ type: oneOf("ready", "stop", "restart", "browseBase", "browseAdapter", "clear", "startRun") }),
  shape({ type: oneOf("send"), prompt: text, system: text, base: text, adapters: list(text), settings }),
  shape({ type: oneOf("copy"), text }),
);
export type PlaygroundRequest = Guarded<typeof isPlaygroundRequest>;
export type SendRequest = Extract<PlaygroundRequest, { type: "send" }>;

/** What the view keeps while it is hidden and over a reload of the window. */
export const isPlaygroundState = shape({
  form: shape({ prompt: text, system: text, systemShown: flag, settingsShown: flag, base: text, adapters: list(text), settings }),
  exchanges: list(exchange),
});
export type PlaygroundState = Guarded<typeof isPlaygroundState>;
