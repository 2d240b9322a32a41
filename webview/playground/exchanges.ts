/** The conversation's page: each prompt with its answers side by side, filled as tokens arrive. Owns the elements, not the session. */
import { button, element, icon } from "../common/dom";
import { formatCount } from "../../src/protocol/figures";
import { type Exchange, type PlaygroundAnswer } from "../../src/protocol/playground";

export interface ExchangeActions { copy(text: string): void; restart(): void; again(exchange: Exchange): void }

interface AnswerParts { root: HTMLElement; text: HTMLElement; foot: HTMLElement; copy: HTMLButtonElement }

const stateWords = (answer: PlaygroundAnswer): string => {
  switch (answer.state) {
    case "waiting": return "Waiting";
    case "streaming": return "Answering";
    case "failed": return answer.text === "" ? "No answer" : "Broken off";
    case "stopped": return "Stopped by you";
    case "done": return answer.finish === "length" ? "Cut at the token limit" : "Ended by itself";
  }
};

const footWords = (answer: PlaygroundAnswer): string[] => [
  stateWords(answer),
  ...(answer.tokens === null ? [] : [`${formatCount(answer.tokens)} tokens`]),
  ...(answer.tokensPerSecond === null ? [] : [`${formatCount(answer.tokensPerSecond)} tokens/s`]),
  ...(answer.firstTokenMs === null ? [] : [`first after ${formatCount(Math.round(answer.firstTokenMs))} ms`]),
];

export class ExchangeList {
  private readonly exchanges = new Map<number, { exchange: Exchange; root: HTMLElement; answers: AnswerParts[] }>();

  constructor(readonly root: HTMLElement, private readonly actions: ExchangeActions) {}

  get all(): Exchange[] { return [...this.exchanges.values()].map(({ exchange }) => exchange); }

  /** Shows these and no others. */
  replace(exchanges: readonly Exchange[]): void {
    this.exchanges.clear();
    this.root.replaceChildren();
    for (const exchange of exchanges) this.put(exchange);
  }

  /** Adds the exchange, or shows it anew where it stands. */
  put(exchange: Exchange): void {
    const answers = exchange.answers.map((answer) => this.answer(answer));
    const root = element("article", { class: "exchange", id: `exchange-${exchange.id}`, "aria-label": `Prompt: ${exchange.prompt.slice(0, 100)}` },
      element("div", { class: "asked" },
        element("p", { class: "prompt" }, exchange.prompt),
        button("Use This Prompt Again", "restart", () => this.actions.again(exchange), { kind: "quiet" })),
      exchange.system !== "" && element("p", { class: "system muted" }, `System prompt: ${exchange.system}`),
      // A failure before the first token leaves nothing to lay side by side.
      !(exchange.failure && exchange.answers.every(({ text }) => text === "")) && element("div", { class: "answers" }, ...answers.map(({ root: answerRoot }) => answerRoot)),
      exchange.failure !== null && element("div", { class: "message error", role: "alert" }, icon("error"), element("div", { class: "body" },
        element("strong", {}, exchange.failure.what), element("span", {}, exchange.failure.next), exchange.failure.restart && button("Restart", "restart", () => this.actions.restart(), { id: "restart", kind: "primary" }))));
    const old = this.exchanges.get(exchange.id);
    if (old) old.root.replaceWith(root);
    else this.root.append(root);
    this.exchanges.set(exchange.id, { exchange, root, answers });
  }

  append(id: number, parts: readonly { answer: number; text: string }[]): void {
    const found = this.exchanges.get(id);
    for (const { answer: index, text } of parts) {
      const answer = found?.exchange.answers[index];
      const shown = found?.answers[index];
      if (!answer || !shown) continue;
      answer.text += text;
      if (answer.state === "waiting") {
        answer.state = "streaming";
        shown.root.dataset.state = "streaming";
        shown.foot.textContent = stateWords(answer);
      }
      // Many models begin an answer with a blank, which says nothing to a reader.
      shown.text.append(shown.text.textContent === "" ? text.trimStart() : text);
      shown.copy.disabled = false;
    }
  }

  private answer(answer: PlaygroundAnswer): AnswerParts {
    const text = element("div", { class: "text" }, answer.text.trimStart());
    const foot = element("span", { class: "foot muted" }, footWords(answer).join(" · "));
    const busy = answer.state === "waiting" || answer.state === "streaming";
    const copy = button(`Copy Answer of ${answer.model}`, "copy", () => this.actions.copy(text.textContent ?? ""), { kind: "quiet" });
    copy.disabled = answer.text === "";
    if (answer.state === "done" && answer.text === "") text.append(element("span", { class: "muted" }, "(empty answer)"));
    const root = element("section", { class: "answer", "aria-label": `Answer of ${answer.model}`, "aria-busy": busy, "data-model": answer.model, "data-kind": answer.kind, "data-state": answer.state },
      element("div", { class: "answerHead" }, element("h3", {}, answer.model), element("span", { class: "kind muted" }, answer.kind === "base" ? "base" : "tuned"), copy),
      text, foot);
    return { root, text, foot, copy };
  }
}
