/** The playground: ask base and tuned models the same thing and read their answers side by side. The extension owns the session; this page shows it. */
import "../common/base.css";
import "./style.css";
import { button, byId, element, icon } from "../common/dom";
import { connectHost } from "../common/host";
import { isPlaygroundState, isPlaygroundUpdate, type PlaygroundRequest, type PlaygroundState, type PlaygroundUpdate } from "../../src/protocol/playground";
import { ExchangeList } from "./exchanges";
import { emptyForm, PlaygroundForm } from "./form";

/** So many exchanges are kept over a reload; the page itself shows all of the session. */
const MOST_KEPT = 30;

const host = connectHost<PlaygroundRequest, PlaygroundUpdate, PlaygroundState>(isPlaygroundUpdate, isPlaygroundState);
const kept = host.state();
const formState = kept?.form ?? emptyForm();
let choicesSeen = kept !== undefined;
let state: "idle" | "starting" | "generating" = "idle";
let saving: ReturnType<typeof setTimeout> | undefined;

const save = (): void => {
  saving ??= setTimeout(() => {
    saving = undefined;
    host.keep({ form: formState, exchanges: list.all.slice(-MOST_KEPT) });
  }, 150);
};

const list = new ExchangeList(element("div", { id: "exchanges", role: "log", "aria-label": "Prompts and answers", "aria-live": "off" }), {
  copy: (text) => { host.send({ type: "copy", text }); announce("Answer copied."); },
  restart: () => host.send({ type: "restart" }),
  again: ({ prompt }) => form.setPrompt(prompt),
});

const ask = (prompt?: string): void => {
  if (prompt !== undefined) form.setPrompt(prompt);
  const { wanted } = form;
  if (wanted.prompt === "" || state !== "idle") return;
  host.send({ type: "send", ...wanted });
  form.setPrompt("");
};

const form = new PlaygroundForm(formState, {
  send: () => ask(), stop: () => host.send({ type: "stop" }), browseBase: () => host.send({ type: "browseBase" }), browseAdapter: () => host.send({ type: "browseAdapter" }),
  startRun: () => host.send({ type: "startRun" }), clear: () => host.send({ type: "clear" }), changed: save,
});

const examples = element("div", { id: "examples", class: "examples", role: "group", "aria-label": "Example prompts" });
const empty = element("section", { id: "empty", class: "empty", "aria-labelledby": "emptyTitle" },
  element("h2", { id: "emptyTitle" }, "Ask once, compare the answers"),
  element("p", { class: "muted" }, "The base and every tuned model you tick answer the same prompt side by side."),
  examples);
const scroller = element("div", { class: "scroller" }, empty, list.root);
const status = element("p", { id: "status", class: "status muted", "aria-live": "polite" });
const restricted = element("div", { id: "restricted", class: "message warning", hidden: true }, icon("warning"), "Models do not run in Restricted Mode. Trust this workspace to use the playground.");
byId("root").append(element("h1", { class: "visuallyHidden" }, "Tunesmith Playground"), form.models, restricted, scroller, status, form.composer);

/** Read out; seen only while something is under way, for the page itself shows the rest. */
const announce = (words: string): void => {
  status.textContent = words;
  status.classList.toggle("visuallyHidden", state === "idle");
};

/** Follows the newest text as long as the reader has not scrolled away from it. */
const following = (change: () => void): void => {
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  change();
  if (near) scroller.scrollTop = scroller.scrollHeight;
};

const refresh = (): void => {
  empty.hidden = list.all.length > 0;
  form.setEarlier(list.all.map(({ prompt }) => prompt));
  save();
};

host.onUpdate((update) => {
  switch (update.type) {
    case "choices":
      form.setChoices(update, !choicesSeen);
      choicesSeen = true;
      examples.replaceChildren(...update.examples.map((text) => button(text, undefined, () => ask(text), { kind: "secondary" })));
      for (const example of examples.querySelectorAll("button")) example.disabled = !update.trusted;
      restricted.hidden = update.trusted;
      break;
    case "session":
      following(() => list.replace(update.exchanges));
      refresh();
      break;
    case "exchange": {
      following(() => list.put(update.exchange));
      refresh();
      const done = update.exchange.answers.every((answer) => answer.state !== "waiting" && answer.state !== "streaming");
      if (done && !update.exchange.failure) announce(`${update.exchange.answers.length === 1 ? "One answer" : `${update.exchange.answers.length} answers`} to: ${update.exchange.prompt.slice(0, 80)}`);
      break;
    }
    case "tokens":
      following(() => list.append(update.exchange, update.parts));
      break;
    case "state":
      state = update.state;
      form.setBusy(state !== "idle");
      if (state !== "idle") announce(state === "starting" ? "Loading the models…" : "Answering…");
      else announce(status.textContent?.endsWith("…") ? "" : status.textContent ?? "");
      break;
  }
});
host.send({ type: "ready" });
form.focus();
