/** parseConfig: comments, settings, and one message that names key and allowed values. */
import { expect, test } from "vitest";
import { withSettings } from "../../../src/core/configFile";
import { type UserError } from "../../../src/core/errors";
import { parseRunConfig, withPreset } from "../../../src/core/train/parseConfig";

const failure = (text: string, settings: string[] = []): UserError => {
  try {
    parseRunConfig(text, "a.tune.json", settings);
  } catch (error) {
    return error as UserError;
  }
  throw new Error("nothing was wrong");
};

test("comments and trailing commas are fine, defaults are filled in", () => {
  const config = parseRunConfig('{\n  // mine\n  "data": "rows.jsonl",\n  "lora": { "r": 4, },\n}', "a.tune.json");
  expect(config).toMatchObject({ data: "rows.jsonl", base: "starter", seed: 42, lora: { r: 4, lora_alpha: 16, target_modules: "all-linear" } });
});

test("settings lie over the file: dotted keys, JSON values, bare words", () => {
  const config = parseRunConfig('{"data":"a.jsonl","lora":{"r":4}}', "c", ["lora.r=16", "data=b.jsonl", "learning_rate=1e-3", 'lora.target_modules=["q_proj"]', "lr_scheduler_type=linear"]);
  expect(config).toMatchObject({ data: "b.jsonl", learning_rate: 1e-3, lr_scheduler_type: "linear", lora: { r: 16, target_modules: ["q_proj"] } });
});

test.each([
  ['{"data":"a","lr_scheduler_type":"step"}', /"lr_scheduler_type" must be "constant" or "linear" or "cosine"/],
  ['{"data":"a",\n"batchsize":3}', /there is no key "batchsize"; did you mean "batch_size"\?/],
  ['{"data":"a","lora":{"rank":3}}', /there is no key "lora\.rank"; the keys are r, lora_alpha, /],
  ['{"data":"a","lora":{\n"r":0}}', /line 2: "lora\.r" must be at least 1/],
  ['{"data":"a","batch_size":"8"}', /"batch_size" must be a number/],
  ['{"data":"a","batch_size":1.5}', /"batch_size" must be a whole number/],
  ['{"data":"a","eval_fraction":0.9}', /"eval_fraction" must be at most 0.5/],
  ['{"data":"a","learning_rate":0}', /"learning_rate" must be more than 0/],
  ['{"data":"a","lora":{"target_modules":7}}', /"lora.target_modules" must be "all-linear" or a list/],
  ["{}", /"data" is missing \(a text\)/],
  ["[]", /holds no JSON object/],
  ['{"data":\n "a" "b"}', /line 2: this is not JSON/],
])("%s is CONFIG_INVALID", (text, message) => {
  const error = failure(text);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.what).toMatch(message);
});

test("several faults are one message", () => {
  expect(failure('{"seed":-1,"max_length":2}').what).toMatch(/data.*max_length.*seed|seed|max_length/s);
  expect(failure('{"seed":-1,"max_length":2}').what.match(/a\.tune\.json/g)).toHaveLength(3);
});

test("many faults are told a few at a time, and the keys once", () => {
  const { what } = failure(JSON.stringify({ data: "a", seed: -1, batch_size: 0, max_length: 1, eval_steps: -1, save_steps: -1, weight_decay: -1, nothing1: 1, nothing22: 2 }));
  expect(what.match(/must be/g)).toHaveLength(5);
  expect(what).toMatch(/ There are 2 more faults\.$/);
  const unknown = failure('{"data":"a","nothing1":1,"nothing22":2}').what;
  expect(unknown).toMatch(/there is no key "nothing1"\. there is no key "nothing22"; the keys are name, /);
  expect(unknown.match(/the keys are/g)).toHaveLength(1);
});

test("a setting that is none, and one that reaches for a prototype", () => {
  expect(failure('{"data":"a"}', ["seed"]).code).toBe("BAD_ARGUMENT");
  expect(failure('{"data":"a"}', ["=3"]).code).toBe("BAD_ARGUMENT");
  expect(failure('{"data":"a"}', ["__proto__.x=3"]).code).toBe("BAD_ARGUMENT");
  expect(failure('{"data":"a"}', ["constructor.prototype.x=3"]).code).toBe("CONFIG_INVALID");
  expect(({} as { x?: number }).x).toBeUndefined();
});

test("settings leave the config they lie over as it was", () => {
  const config = { lora: { r: 4 } };
  expect(withSettings(config, ["lora.r=8"])).toEqual({ lora: { r: 8 } });
  expect(config).toEqual({ lora: { r: 4 } });
});

test("a preset lies under what the user gave", () => {
  expect(withPreset("starter", { data: "a", max_length: 64 })).toMatchObject({ learning_rate: 3e-3, max_length: 64 });
  expect(() => withPreset("slow", { data: "a" })).toThrow(/Choose one of quick, balanced/);
});
