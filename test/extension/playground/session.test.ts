import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/core/errors";
import { PlaygroundSession, type SessionParts } from "../../../src/extension/playground/session";
import { type PlaygroundClient } from "../../../src/project/client";
import { defaultSettings, isPlaygroundUpdate, type PlaygroundUpdate, type SendRequest } from "../../../src/protocol/playground";

const request: SendRequest = { type: "send", prompt: "Hello", system: "", base: "starter", adapters: ["/runs/1/adapter"], settings: defaultSettings };
type Generate = PlaygroundClient["generate"];

const answersOf = (parameters: Parameters<Generate>[0], text: string) => parameters.models.map(({ name }) => ({ prompt: "Hello", model: name, text, ids: [1, 2], finish: "stop" as const, firstTokenMs: 5, tokensPerSecond: 40 }));

const open = (generate: Generate, more: Partial<SessionParts> = {}) => {
  const told: PlaygroundUpdate[] = [];
  const clients: { alive: boolean; disposed: boolean }[] = [];
  const session = new PlaygroundSession([], {
    start: async () => {
      const state = { alive: true, disposed: false };
      clients.push(state);
      return { pid: 1, get alive() { return state.alive; }, generate, score: () => Promise.reject(new Error("not asked")), dispose: () => { state.disposed = true; } };
    },
    baseFolder: (base) => `/bases/${base}`, adapterName: () => "mine", template: () => undefined, tell: (update) => told.push(structuredClone(update)), onBug: (error) => { throw error; }, ...more,
  });
  return { session, told, clients };
};

describe("an exchange", () => {
  test("asks the base and each adapter once, streams, and ends with figures", async () => {
    let asked: Parameters<Generate>[0] | undefined;
    const { session, told } = open(async (parameters, onToken) => {
      asked = parameters;
      onToken({ model: 1, id: 1, text: "Bake " });
      onToken({ model: 1, id: 2, text: "it." });
      return answersOf(parameters, "Bake it.");
    });
    await session.send({ ...request, system: "Be brief." });
    expect(asked).toMatchObject({ base: "/bases/starter", models: [{ name: "starter" }, { name: "mine", adapter: "/runs/1/adapter" }], messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "Hello" }] });
    expect(told.every(isPlaygroundUpdate)).toBe(true);
    expect(told.flatMap((update) => (update.type === "tokens" ? update.parts : [])).map(({ text }) => text).join("")).toBe("Bake it.");
    expect(told.filter(({ type }) => type === "state").map((update) => "state" in update && update.state)).toEqual(["starting", "generating", "idle"]);
    expect(session.exchanges[0]!.answers).toMatchObject([{ model: "starter", kind: "base", state: "done", tokens: 2, finish: "stop" }, { model: "mine", kind: "adapter", text: "Bake it." }]);
  });

  test("that is stopped keeps what was said and is no failure", async () => {
    const { session } = open((_parameters, onToken, signal) => new Promise((_, fail) => {
      signal!.addEventListener("abort", () => { onToken({ model: 0, id: 2, text: "late" }); fail(new UserError("CANCELLED", "Stopped.", "")); });
      onToken({ model: 0, id: 1, text: "Half" });
    }));
    const sending = session.send(request);
    await new Promise((settle) => setTimeout(settle, 20));
    session.stop();
    await sending;
    expect(session.exchanges[0]).toMatchObject({ failure: null, answers: [{ text: "Half", state: "stopped" }, { state: "stopped" }] });
    expect(session.state).toBe("idle");
  });

  test("whose worker dies says so once, and Restart asks the same again of another", async () => {
    let dies = true;
    const { session, clients } = open(async (parameters) => {
      if (dies) { clients.at(-1)!.alive = false; throw new UserError("WORKER_EXITED", "The process ended (SIGKILL).", "Ask again."); }
      return answersOf(parameters, "Better.");
    });
    await session.send(request);
    expect(session.exchanges[0]!.failure).toMatchObject({ what: "The process ended (SIGKILL).", restart: true });
    dies = false;
    await session.restart();
    expect(session.exchanges).toHaveLength(1);
    expect(session.exchanges[0]).toMatchObject({ failure: null, answers: [{ text: "Better.", state: "done" }, { state: "done" }] });
    expect(clients).toHaveLength(2);
  });

  test("that the models refuse shows their reason, and keeps the worker", async () => {
    const { session, clients } = open(async () => { throw new UserError("BAD_ARGUMENT", "The prompt is too long.", "Shorten it."); });
    await session.send(request);
    expect(session.exchanges[0]!.failure).toEqual({ what: "The prompt is too long.", next: "Shorten it.", restart: false });
    await session.send(request);
    expect(clients).toHaveLength(1);
  });

  test("with a base that is missing asks no worker", async () => {
    const { session, clients } = open(async () => [], { baseFolder: () => { throw new UserError("BASE_NOT_FOUND", "No such base.", "Choose another."); } });
    await session.send(request);
    expect(session.exchanges[0]!.failure?.what).toBe("No such base.");
    expect(clients).toHaveLength(0);
  });

  test("comes one at a time", async () => {
    let release = (): void => {};
    const { session } = open((parameters) => new Promise((settle) => { release = () => settle(answersOf(parameters, "a")); }));
    const first = session.send(request);
    await session.send(request);
    await new Promise((settle) => setTimeout(settle, 5));
    release();
    await first;
    expect(session.exchanges).toHaveLength(1);
  });

  test("closing the playground ends its worker", async () => {
    const { session, clients } = open(async (parameters) => answersOf(parameters, "a"));
    await session.send(request);
    session.dispose();
    await new Promise((settle) => setTimeout(settle, 5));
    expect(clients).toMatchObject([{ disposed: true }]);
  });
});
