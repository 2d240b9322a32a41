import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../project/folders";

const script = (name: string): Promise<unknown> => import(pathToFileURL(join(__dirname, "../../scripts/vscode", name)).href);
const { packagesOf, thirdPartyNotices } = await script("notices.mjs") as { packagesOf: (inputs: string[]) => string[]; thirdPartyNotices: (root: string, metafiles: { inputs: object }[]) => string };
const { packageTarget } = await script("target.mjs") as { packageTarget: (root: string, argv: string[], own: string) => object };
const root = temporaryFolder();
const put = (path: string, content: string | object): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
};
for (const place of ["linux/x64", "win32/x64", "win32/arm64"]) put(`node_modules/onnxruntime-node/bin/napi-v6/${place}/library`, "");
put("node_modules/onnxruntime-node/package.json", { name: "onnxruntime-node", version: "1.2.3", license: "MIT" });
put("node_modules/onnxruntime-common/package.json", { name: "onnxruntime-common", version: "1.2.3", license: "MIT" });
put("node_modules/koffi/package.json", { name: "koffi", version: "3.0.0", license: "MIT", optionalDependencies: { "@koromix/koffi-win32-x64": "3.0.1" } });
put("node_modules/koffi/LICENSE.txt", "Koffi's own words.\n");
put("node_modules/@koromix/koffi-linux-x64/package.json", {});
put("node_modules/@scope/inner/package.json", { name: "@scope/inner", version: "0.1.0", license: "ISC", repository: { url: "https://example.org/inner" } });
put("node_modules/@scope/inner/LICENCE", "Inner's own words.");

test("a package for another platform says which npm package to install first", () => {
  expect(packageTarget(root, [], "linux-x64")).toEqual({ target: "linux-x64", platform: "linux", architecture: "x64", koffi: "@koromix/koffi-linux-x64" });
  expect(() => packageTarget(root, ["--target", "win32-x64"], "linux-x64")).toThrow(/@koromix\/koffi-win32-x64 is not installed.*npm install --no-save --force @koromix\/koffi-win32-x64@3\.0\.1/);
  expect(packageTarget(root, ["--target", "win32-x64", "--cpu-only"], "linux-x64")).toMatchObject({ target: "win32-x64", koffi: undefined });
  expect(() => packageTarget(root, ["--target", "sunos-x64"], "linux-x64")).toThrow('no library for "sunos-x64". Give --target one of linux-x64, win32-arm64, win32-x64.');
});

test("the notices name every package in the bundles and beside them, each with its licence", () => {
  const inputs = { "src/main.ts": {}, "node_modules/@scope/inner/dist/index.js": {}, "node_modules/@scope/inner/dist/other.js": {} };
  expect(packagesOf(Object.keys(inputs))).toEqual(["node_modules/@scope/inner"]);
  const text = thirdPartyNotices(root, [{ inputs }, { inputs }]);
  expect(text.match(/^\S+ \d+\.\d+\.\d+ \(\w+\)$/gm)).toEqual(["@scope/inner 0.1.0 (ISC)", "koffi 3.0.0 (MIT)", "onnxruntime-common 1.2.3 (MIT)", "onnxruntime-node 1.2.3 (MIT)"]);
  for (const part of ["https://example.org/inner", "Inner's own words.", "Koffi's own words.", "Copyright (c) Microsoft Corporation", "Permission is hereby granted", "ThirdPartyNotices.txt"]) expect(text).toContain(part);
  put("node_modules/silent/package.json", { name: "silent", version: "1.0.0", license: "Apache-2.0" });
  expect(() => thirdPartyNotices(root, [{ inputs: { "node_modules/silent/index.js": {} } }])).toThrow("silent 1.0.0 (Apache-2.0) holds no licence text");
});
