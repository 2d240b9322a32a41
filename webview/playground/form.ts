/** The playground's form: which models, which settings, which prompt. Owns the controls and what they say. */
import { button, element } from "../common/dom";
import { type AdapterChoice, type BaseChoice, clampSettings, defaultSettings, type PlaygroundSettings, type PlaygroundState, settingLimits } from "../../src/protocol/playground";

export type FormState = PlaygroundState["form"];
export interface FormActions { send(): void; stop(): void; browseBase(): void; browseAdapter(): void; startRun(): void; changed(): void; clear(): void }

export const emptyForm = (): FormState => ({ prompt: "", system: "", systemShown: false, settingsShown: false, base: "starter", adapters: [], settings: defaultSettings });

const settingNames = Object.keys(settingLimits) as (keyof PlaygroundSettings)[];

export class PlaygroundForm {
  readonly models = element("div", { class: "models" });
  readonly composer = element("div", { class: "composer" });
  private readonly base = element("select", { id: "base", "aria-label": "Base", onchange: () => this.pickBase() });
  private readonly adapters = element("div", { id: "adapters", class: "adapters", role: "group", "aria-label": "Tuned models to compare" });
  private readonly settings = element("div", { id: "settings", class: "settings", role: "group", "aria-label": "Sampler settings" });
  private readonly settingsButton = button("Sampler Settings", "settings", () => this.toggleSettings(), { id: "settingsToggle", kind: "quiet" });
  private readonly system = element("textarea", { id: "system", rows: 2, "aria-label": "System prompt", placeholder: "How the models should behave (where their chat template has a system role)", oninput: () => this.changed() });
  private readonly systemDetails = element("details", { id: "systemDetails", ontoggle: () => this.changed() }, element("summary", {}, "System prompt"), this.system);
  private readonly prompt = element("textarea", { id: "prompt", rows: 2, "aria-label": "Prompt", "aria-describedby": "sendHint", placeholder: "Ask base and tuned models the same thing", oninput: () => { this.grow(); this.changed(); } });
  private readonly sendButton = button("Send", "send", () => this.actions.send(), { id: "send", kind: "primary", title: "Send (Enter)" });
  private readonly stopButton = button("Stop", "stop", () => this.actions.stop(), { id: "stop", kind: "secondary", title: "Stop answering (Escape)" });
  private choices: { bases: readonly BaseChoice[]; adapters: readonly AdapterChoice[]; trusted: boolean } = { bases: [], adapters: [], trusted: true };
  private busy = false;
  private earlier: readonly string[] = [];
  private recalled = -1;

  constructor(private readonly state: FormState, private readonly actions: FormActions) {
    this.models.append(
      element("div", { class: "row" },
        element("label", { class: "field" }, element("span", { class: "muted" }, "Base"), this.base), button("Browse for a Base", "folder", actions.browseBase, { id: "browseBase", kind: "quiet" }),
        this.adapters, button("Add an Adapter Folder", "plus", actions.browseAdapter, { id: "browseAdapter", kind: "quiet" }),
        element("span", { class: "spring" }), this.settingsButton, button("Clear Answers", "clear", actions.clear, { id: "clear", kind: "quiet" })),
      this.settings);
    this.composer.append(this.systemDetails, element("div", { class: "promptRow" }, this.prompt, this.sendButton, this.stopButton),
      element("p", { id: "sendHint", class: "hint muted" }, "Enter sends, Shift+Enter starts a new line, Up recalls earlier prompts."));
    this.settings.append(...settingNames.map((name) => this.settingField(name)), button("Reset", "restart", () => this.resetSettings(), { id: "resetSettings", title: "Back to greedy answers" }));
    this.prompt.addEventListener("keydown", (event) => this.key(event));
    this.prompt.value = state.prompt;
    this.system.value = state.system;
    this.systemDetails.open = state.systemShown || state.system !== "";
    this.showSettings();
    this.setBusy(false);
  }

  get wanted(): { prompt: string; system: string; base: string; adapters: string[]; settings: PlaygroundSettings } {
    const known = this.adaptersOfBase().map(({ id }) => id);
    return { prompt: this.state.prompt.trim(), system: this.state.system.trim(), base: this.state.base, adapters: this.state.adapters.filter((id) => known.includes(id)), settings: clampSettings(this.state.settings) };
  }

  setChoices(choices: { bases: readonly BaseChoice[]; adapters: readonly AdapterChoice[]; trusted: boolean; select: { base: string; adapters: string[] } | null }, first: boolean): void {
    this.choices = choices;
    if (choices.select) {
      this.state.base = choices.select.base;
      this.state.adapters = [...new Set([...this.state.adapters, ...choices.select.adapters])];
    } else if (!choices.bases.some(({ id }) => id === this.state.base)) this.state.base = choices.bases[0]?.id ?? "starter";
    // With nothing chosen yet, the newest tuned model is what one wants to compare.
    if (first && !choices.select && this.wanted.adapters.length === 0) this.state.adapters = this.adaptersOfBase().slice(0, 1).map(({ id }) => id);
    this.base.replaceChildren(...choices.bases.map(({ id, label, detail }) => element("option", { value: id, title: detail }, label)));
    this.base.value = this.state.base;
    this.showAdapters();
    this.setBusy(this.busy);
    this.changed();
  }

  setBusy(busy: boolean): void {
    this.busy = busy;
    this.stopButton.hidden = !busy;
    this.sendButton.hidden = busy;
    this.sendButton.disabled = !this.choices.trusted || this.state.prompt.trim() === "";
  }

  setEarlier(prompts: readonly string[]): void {
    this.earlier = prompts;
    this.recalled = -1;
  }

  setPrompt(text: string): void {
    this.prompt.value = text;
    this.grow();
    this.changed();
    this.prompt.focus();
    this.prompt.setSelectionRange(text.length, text.length);
  }

  focus(): void { this.prompt.focus(); }

  private changed(): void {
    this.state.prompt = this.prompt.value;
    this.state.system = this.system.value;
    this.state.systemShown = this.systemDetails.open;
    this.sendButton.disabled = !this.choices.trusted || this.state.prompt.trim() === "";
    this.actions.changed();
  }

  private adaptersOfBase(): readonly AdapterChoice[] { return this.choices.adapters.filter(({ base }) => base === this.state.base); }

  private pickBase(): void {
    this.state.base = this.base.value;
    this.showAdapters();
    this.changed();
  }

  private showAdapters(): void {
    const offered = this.adaptersOfBase();
    const hidden = this.choices.adapters.length - offered.length;
    this.adapters.replaceChildren(
      ...offered.map(({ id, label, detail }) => element("label", { class: "adapter", title: detail }, element("input", { type: "checkbox", name: "adapter", value: id, checked: this.state.adapters.includes(id), onchange: (event) => this.pickAdapter(id, (event.target as HTMLInputElement).checked) }), element("span", {}, label))),
      ...(offered.length === 0 ? [element("span", { class: "muted", id: "noAdapters" }, hidden > 0 ? "No tuned model of this base." : "No tuned model yet.", " "), element("a", { href: "#", id: "startRun", onclick: (event) => { event.preventDefault(); this.actions.startRun(); } }, "Start a tuning run")] : []),
      ...(hidden > 0 && offered.length > 0 ? [element("span", { class: "muted" }, `${hidden} of other bases`)] : []));
  }

  private pickAdapter(id: string, on: boolean): void {
    this.state.adapters = on ? [...this.state.adapters, id] : this.state.adapters.filter((other) => other !== id);
    this.changed();
  }

  private settingField(name: keyof PlaygroundSettings): HTMLElement {
    const { min, max, step, label, hint } = settingLimits[name];
    const input = element("input", { type: "number", id: name, min, max, step, value: this.state.settings[name], title: hint, "aria-describedby": `${name}Hint`, onchange: () => {
      // An emptied or impossible field falls back to the nearest value that works, and shows it.
      const typed = input.value === "" ? defaultSettings[name] : Number(input.value);
      this.state.settings = clampSettings({ ...this.state.settings, [name]: Number.isFinite(typed) ? typed : defaultSettings[name] });
      input.value = String(this.state.settings[name]);
      this.changed();
    } });
    return element("label", { class: "field", for: name }, element("span", { class: "muted" }, label), input, element("span", { id: `${name}Hint`, class: "visuallyHidden" }, hint));
  }

  private resetSettings(): void {
    this.state.settings = defaultSettings;
    for (const name of settingNames) (this.settings.querySelector(`#${name}`) as HTMLInputElement).value = String(defaultSettings[name]);
    this.changed();
  }

  private toggleSettings(): void {
    this.state.settingsShown = !this.state.settingsShown;
    this.showSettings();
    this.changed();
  }

  private showSettings(): void {
    this.settings.hidden = !this.state.settingsShown;
    this.settingsButton.setAttribute("aria-expanded", String(this.state.settingsShown));
    this.settingsButton.setAttribute("aria-controls", "settings");
  }

  /** The chat view's habits: Enter (or Ctrl/Cmd+Enter) sends, Shift+Enter breaks the line, Up and Down walk through earlier prompts. */
  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!this.busy && !this.sendButton.disabled) this.actions.send();
    } else if (event.key === "Escape" && this.busy) {
      event.preventDefault();
      this.actions.stop();
    } else if (event.key === "ArrowUp" && (this.prompt.value === "" || this.recalled >= 0) && this.earlier.length > 0) this.recall(event, 1);
    else if (event.key === "ArrowDown" && this.recalled >= 0) this.recall(event, -1);
    else if (event.key.length === 1) this.recalled = -1;
  }

  private recall(event: KeyboardEvent, by: number): void {
    event.preventDefault();
    this.recalled = Math.min(this.earlier.length - 1, this.recalled + by);
    this.setPrompt(this.recalled < 0 ? "" : this.earlier[this.earlier.length - 1 - this.recalled]!);
  }

  private grow(): void {
    this.prompt.style.height = "auto";
    this.prompt.style.height = `${Math.min(220, this.prompt.scrollHeight + 2)}px`;
  }
}
