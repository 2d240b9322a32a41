/** Descriptions of columns, wherever they stand: one schema, one meaning. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keysOf, likeliest, messagesUnder, sampleRows } from "../../../src/core/data/formats/describe";
import { matchesGlob } from "../../../src/core/data/formats/glob";
import { entryOfMapping, mappingFrom, mappingFromConfigs, mappingFromSetting, mappingFromWords, settingIn, withEntry } from "../../../src/core/data/formats/mappingSources";
import { parseDataset } from "../../../src/core/data/parse";

const chats = '{"dialog": [{"who": "customer", "says": "My lamp is dark."}, {"who": "agent", "says": "Press the switch."}], "id": 7}\n';

test.each([
  ["*.jsonl", "deep/in/a.jsonl", true], ["*.jsonl", "a.json", false], ["data/*.jsonl", "data/a.jsonl", true], ["data/*.jsonl", "data/x/a.jsonl", false], ["data/*.jsonl", "a.jsonl", false],
  ["**/a?.{json,jsonl}", "x/y/ab.json", true], ["**/a?.{json,jsonl}", "ab.jsonl", true], ["**/a?.{json,jsonl}", "a.jsonl", false], ["data/**", "data/x/y", true], ["./data/*", "data/a", true], ["data/**/train/*.csv", "data/2024/a/train/b.csv", true], ["a*b*c", "axxbxxbc", true], ["a.jsonl", "aXjsonl", false],
])("the pattern %s and %s: %s", (pattern, path, fits) => expect(matchesGlob(pattern, path)).toBe(fits));

test("no pattern takes long or throws", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom("*", "**", "/", "?", "a", "b", "{a,b}", "{", "}", ","), { maxLength: 60 }), fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 200 }), (pattern, path) => {
    expect(typeof matchesGlob(pattern.join(""), path.join(""))).toBe("boolean");
  }));
});

describe("run configs that name a dataset", () => {
  const pair = (prompt: string) => ({ formatting: "alpaca" as const, ranking: false, columns: { prompt, response: "reply" } });
  const prompt = ({ mapping }: ReturnType<typeof mappingFromConfigs>) => mapping?.columns.prompt;

  test("describe it, and the reason names the config", () => {
    expect(mappingFromConfigs([])).toEqual({});
    expect(mappingFromConfigs([{ name: "a.tune.json" }], "a.tune.json")).toEqual({});
    const found = mappingFromConfigs([{ name: "a.tune.json", mapping: pair("ticket") }], "a.tune.json");
    expect(found.mapping?.reason).toBe("a.tune.json describes it: prompt is `ticket`, response is `reply`.");
    expect(parseDataset('{"ticket":"Dark?","reply":"Press it."}', { mapping: found.mapping! })).toMatchObject({ format: "mapped", usable: 1, formatReason: found.mapping!.reason });
  });

  test("count where one of them says nothing, or all say the same in another order", () => {
    expect(prompt(mappingFromConfigs([{ name: "a.tune.json" }, { name: "b.tune.json", mapping: pair("ticket") }], "a.tune.json"))).toBe("ticket");
    const turned = { columns: { response: "reply", prompt: "ticket" }, ranking: false, formatting: "alpaca" as const };
    expect(mappingFromConfigs([{ name: "a.tune.json", mapping: pair("ticket") }, { name: "b.tune.json", mapping: turned }], "b.tune.json").mapping?.reason).toBe("b.tune.json describes it: response is `reply`, prompt is `ticket`.");
  });

  test("of those that disagree the chosen one counts and the others are named; without one, none", () => {
    const both = [{ name: "a.tune.json", mapping: pair("ticket") }, { name: "b.tune.json", mapping: pair("question") }];
    expect(prompt(mappingFromConfigs(both, "b.tune.json"))).toBe("question");
    expect(mappingFromConfigs(both, "b.tune.json").mapping?.reason).toContain("b.tune.json describes it, otherwise than a.tune.json: prompt");
    expect(mappingFromConfigs([{ name: "c.tune.json" }, ...both], "c.tune.json")).toEqual({ problem: "a.tune.json and b.tune.json describe its columns differently. Choose the run config that counts: click the base in the status bar." });
  });
});

describe("a description", () => {
  test("means the same in the settings, beside the file and on the command line", () => {
    const entry = { formatting: "sharegpt", columns: { messages: "dialog" }, tags: { role_tag: "who", content_tag: "says", user_tag: "customer", assistant_tag: "agent" } };
    const found = [
      mappingFromSetting({ "other/*": {}, "data/*.jsonl": entry }, "data/chats.jsonl").mapping!, mappingFrom(JSON.stringify({ mine: { file_name: "chats.jsonl", ...entry } }), "chats.jsonl").mapping!,
      mappingFromWords("messages=dialog,role_tag=who,content_tag=says,user_tag=customer,assistant_tag=agent"),
    ];
    for (const mapping of found) {
      expect(parseDataset(chats, { mapping })).toMatchObject({ format: "mapped", usable: 1, records: [{ messages: [{ role: "user", content: "My lamp is dark." }, { role: "assistant", trained: true }] }] });
      expect(entryOfMapping(mapping)).toEqual(entry);
    }
    expect(found.map(({ reason }) => reason.split(":")[0])).toEqual(['The folder\'s settings describe "data/*.jsonl"', 'dataset_info.json describes it as "mine"', "Read as --columns says"]);
  });

  test("says what cannot be used, by its key", () => {
    expect(mappingFromSetting({ "*.jsonl": { columns: { promt: "q" } } }, "a.jsonl").problem).toMatch(/tunesmith\.datasets\.mappings cannot be read for "\*\.jsonl": columns: .*promt/);
    expect(mappingFromSetting([], "a.jsonl").problem).toContain("no object of patterns");
    expect(mappingFromSetting({ "*.csv": 1 }, "a.jsonl")).toEqual({});
    expect(() => mappingFromWords("question=q")).toThrow(/keys are prompt, query, response/);
    expect(() => mappingFromWords("prompt=")).toThrow(/"prompt="/);
    expect(mappingFromWords("prompt=a=b,response=c").columns).toEqual({ prompt: "a=b", response: "c" });
  });

  test("is found in a settings.json with comments, and nothing in one that is broken or has none", () => {
    expect(settingIn('{\n// mine\n"tunesmith.datasets.mappings": {"a": {}},\n}')).toEqual({ a: {} });
    for (const text of ["", "[", "{}", "null", '"tunesmith.datasets.mappings"']) expect(settingIn(text)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => { settingIn(text); }));
  });

  test("is put into a dataset_info.json that keeps all else; a second time it takes its own place", () => {
    const before = '{\n  "rows": { "file_name": "other.jsonl", "num_samples": 3 }\n}\n', once = withEntry(before, "rows.jsonl", { columns: { prompt: "q", response: "a" } });
    expect(JSON.parse(once)).toEqual({ rows: { file_name: "other.jsonl", num_samples: 3 }, rows_2: { file_name: "rows.jsonl", columns: { prompt: "q", response: "a" } } });
    expect(once).toContain('"rows": { "file_name": "other.jsonl", "num_samples": 3 }');
    expect(JSON.parse(withEntry(once, "rows.jsonl", { columns: { prompt: "x" } }))).toMatchObject({ rows_2: { file_name: "rows.jsonl", columns: { prompt: "x" } } });
    expect(JSON.parse(withEntry("", ".jsonl", { columns: {} }))).toEqual({ ".jsonl": { file_name: ".jsonl", columns: {} } });
    expect(withEntry('{"a": 1}', "b.jsonl", { columns: {} })).toBe('{"a": 1,\n  "b": {\n    "file_name": "b.jsonl",\n    "columns": {}\n  }}');
    expect(() => withEntry("[1]", "a", {})).toThrow(/no JSON object/);
  });
});

describe("what is asked about unknown rows", () => {
  test("keys with examples, the likeliest first", () => {
    const rows = sampleRows('{"nr": 1, "reply": "Press it.", "ticket": "My lamp\\nis dark."}\n{"nr": 2, "reply": "", "ticket": "x", "extra": null}\nbroken\n');
    const keys = keysOf(rows);
    expect(keys).toMatchObject([{ name: "nr", kind: "other" }, { name: "reply", kind: "text", example: "Press it.", rows: 1 }, { name: "ticket", example: "My lamp is dark." }, { name: "extra", kind: "other", rows: 0 }]);
    expect(likeliest(keys, "response")[0]!.name).toBe("reply");
    expect(likeliest(keys, "prompt")[0]!.name).toBe("ticket");
  });

  test("the words of a list of messages", () => {
    const { keys, words } = messagesUnder(sampleRows(chats), "dialog");
    expect(keys.map(({ name }) => name)).toEqual(["who", "says"]);
    expect(words("who")).toEqual(["customer", "agent"]);
    expect(likeliest(keys, "content_tag")[0]!.name).toBe("says");
    expect(likeliest(words("who").map((name) => ({ name })), "assistant_tag")[0]!.name).toBe("agent");
  });

  test("rows of a table and of an array, and nothing in what is none", () => {
    expect(keysOf(sampleRows("a,b\n1,2\n", "x.csv")).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(keysOf(sampleRows('[{"a": [1]}]', "x.json"))).toMatchObject([{ name: "a", kind: "other" }]);
    expect(sampleRows("\n \n")).toEqual([]);
    fc.assert(fc.property(fc.string(), fc.constantFrom("a.jsonl", "a.json", "a.csv", "a.tsv"), (text, file) => { keysOf(sampleRows(text, file)); }));
  });
});
