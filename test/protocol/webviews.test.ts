import { describe, expect, test } from "vitest";
import { formatCount, formatDuration, formatLoss, formatRate } from "../../src/protocol/figures";
import { clampSettings, defaultSettings, isPlaygroundRequest, isPlaygroundState, isPlaygroundUpdate, settingLimits } from "../../src/protocol/playground";
import { isColumnsRequest, isColumnsUpdate } from "../../src/protocol/columns";
import { isReportRequest, isReportState, isReportUpdate } from "../../src/protocol/datasetReport";
import { fileOrder, isTableRequest, isTableUpdate } from "../../src/protocol/table";
import { isRunViewRequest, isRunViewState, isRunViewUpdate } from "../../src/protocol/runView";

describe("messages are looked at before they are believed", () => {
  const send = { type: "send", prompt: "p", system: "", base: "starter", adapters: [], settings: defaultSettings };

  test("well-formed ones pass", () => {
    for (const message of [send, { type: "ready" }, { type: "copy", text: "a" }]) expect(isPlaygroundRequest(message)).toBe(true);
    for (const message of [{ type: "ready" }, { type: "thin" }, { type: "action", action: "stop" }]) expect(isRunViewRequest(message)).toBe(true);
    expect(isRunViewState({ root: "/r", run: "1", tableShown: false })).toBe(true);
  });

  test.each([
    null, undefined, 7, "ready", [], {}, { type: "send" }, { type: "run-command" }, { ...send, prompt: 1 }, { ...send, adapters: "all" }, { ...send, adapters: [1] },
    { ...send, settings: { ...defaultSettings, temperature: "0" } }, { ...send, settings: { ...defaultSettings, seed: Number.NaN } }, { type: "copy" },
  ])("%j does not", (message) => expect(isPlaygroundRequest(message)).toBe(false));

  test.each([null, { type: "action" }, { type: "action", action: "deleteRun" }, { type: "action", action: ["stop"] }])("nor %j to the run view", (message) => expect(isRunViewRequest(message)).toBe(false));

  test("updates with columns of the wrong kind do not pass", () => {
    const figures = { step: 1, steps: 2, epoch: null, loss: 1, smoothedLoss: 1, evalLoss: null, learningRate: 1, tokensPerSecond: null, elapsed: null, remaining: null };
    const curve = { type: "curve", replace: true, points: { steps: [1], losses: [null], smoothed: [1], learningRates: [0.1] }, evaluations: [{ step: 1, loss: 2 }], figures };
    expect(isRunViewUpdate(curve)).toBe(true);
    expect(isRunViewUpdate({ ...curve, points: { ...curve.points, losses: ["1"] } })).toBe(false);
    expect(isRunViewUpdate({ ...curve, evaluations: [{ step: 1 }] })).toBe(false);
    expect(isPlaygroundUpdate({ type: "state", state: "dancing" })).toBe(false);
  });

  test.each([{ type: "rows", version: 1, from: 0, to: 9 }, { type: "view", view: fileOrder }, { type: "edit", generation: 1, row: 1, path: ["messages", 0], text: "" }, { type: "delete", version: 1, ranges: [{ from: 0, to: 2 }] }])("the table may send %j", (message) => expect(isTableRequest(message)).toBe(true));
  test.each([{ type: "edit", generation: 1, row: 1, path: [{}], text: "" }, { type: "delete", version: 1, ranges: [[0, 2]] }, { type: "view", view: { ...fileOrder, sortBy: "chance" } }, { type: "save" }, { type: "rows", version: 1, from: Number.NaN, to: 2 }])("and not %j", (message) => expect(isTableRequest(message)).toBe(false));
  test("rows of the wrong kind do not reach the table", () => expect(isTableUpdate({ type: "rows", version: 1, from: 0, rows: [{ row: 0 }] })).toBe(false));

  test("the page of a Parquet file is told of cells that are texts or none", () => {
    const file = { type: "file", file: "a.parquet", rows: 2, format: null, reason: "", columns: [{ name: "a", title: "text" }], first: [["x"], [null]], part: { number: 1, of: 2 } };
    expect(isColumnsUpdate(file)).toBe(true);
    expect(isColumnsUpdate({ ...file, first: [[1]] })).toBe(false);
    expect([{ type: "import" }, { type: "write" }, "import"].map((message) => isColumnsRequest(message))).toEqual([true, false, false]);
  });

  test("figures of the wrong kind do not reach the report's page, and it asks for nothing else", () => {
    const part = { key: "0", label: "a", count: 1, detail: "a: 1", tone: "main" }, figure = { id: "x", kind: "bars", title: "", caption: "", unit: "rows", parts: [part] };
    const report = { type: "report", format: "", formatReason: "", rows: 1, usable: 1, conversations: 1, bytes: 1, unsaved: false, figures: [{ figure, open: ["0"] }] };
    expect(isReportUpdate(report)).toBe(true);
    expect(isReportUpdate({ ...report, figures: [{ figure: { ...figure, parts: [{ ...part, count: "1" }] }, open: [] }] })).toBe(false);
    expect(isReportUpdate({ ...report, figures: [{ figure: { ...figure, kind: "pie" }, open: [] }] })).toBe(false);
    for (const request of [{ type: "ready" }, { type: "rows", figure: "x", part: "0" }, { type: "save", figure: "x", as: "svg" }, { type: "place", place: "table" }]) expect(isReportRequest(request)).toBe(true);
    for (const request of [{ type: "save", figure: "x", as: "exe" }, { type: "rows", figure: "x" }, { type: "place", place: "/etc" }, { type: "write" }]) expect(isReportRequest(request)).toBe(false);
    expect(isReportState({ uri: "file:///a", tables: ["x"] }) && !isReportState({ uri: 1, tables: [] })).toBe(true);
  });

  test("a kept state of another version is dropped as a whole", () => expect(isPlaygroundState({ form: { prompt: "" }, exchanges: [] })).toBe(false));
});

describe("sampler settings", () => {
  test("are brought within their limits", () =>
    expect(clampSettings({ temperature: -1, top_p: 2, top_k: 3.6, seed: 1e12, max_new_tokens: 0 })).toEqual({ temperature: 0, top_p: 1, top_k: 4, seed: 2 ** 31 - 1, max_new_tokens: 1 }));

  test("the defaults are within them", () => {
    expect(clampSettings(defaultSettings)).toEqual(defaultSettings);
    expect(Object.keys(settingLimits)).toEqual(Object.keys(defaultSettings));
  });
});

describe("figures for people", () => {
  test.each([[null, "–"], [0, "0 s"], [59.4, "59 s"], [59.6, "1 min 00 s"], [185, "3 min 05 s"], [8040, "2 h 14 min"], [3599.7, "1 h 00 min"], [Infinity, "–"]])("%s seconds are %s", (seconds, words) => expect(formatDuration(seconds)).toBe(words));
  test.each([[0, "0"], [0.003, "0.003"], [0.0029876, "0.00299"], [2.5e-7, "2.5e-7"], [null, "–"]])("learning rate %s is %s", (rate, words) => expect(formatRate(rate)).toBe(words));
  test.each([[1.23456, "1.235"], [null, "–"], [Number.NaN, "–"]])("loss %s is %s", (loss, words) => expect(formatLoss(loss)).toBe(words));
  test.each([[12345, "12,345"], [3.14159, "3.1"], [128.7, "129"], [undefined, "–"]])("count %s is %s", (count, words) => expect(formatCount(count)).toBe(words));
});
