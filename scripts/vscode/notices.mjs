// Owns the notices of other people's work in the package: which npm packages are in it (those that esbuild put into the bundles, and those that stay packages), and each one's licence in its own words.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What stays a package on disk, with its native library, and so is in no bundle. */
const UNBUNDLED = ["koffi", "onnxruntime-common", "onnxruntime-node"];
/** Packages under MIT that carry no licence text: who holds the copyright, as their projects say; else their package.json does. */
const HOLDERS = { "onnxruntime-node": "Microsoft Corporation", "onnxruntime-common": "Microsoft Corporation" };
const MORE = { "onnxruntime-node": "The runtime's library holds parts of other projects. Their notices are in its repository: https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt" };

const MIT = (holder) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Folders of the npm packages among a metafile's inputs, as `node_modules/name` or deeper. */
export const packagesOf = (inputs) => [...new Set(inputs.flatMap((path) => {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found ? [found[1]] : [];
}))];

/** The text of all notices. Throws where a package has neither a licence text nor one that is known. `metafiles` are esbuild's. */
export function thirdPartyNotices(root, metafiles) {
  const folders = [...packagesOf(metafiles.flatMap(({ inputs }) => Object.keys(inputs))), ...UNBUNDLED.map((name) => `node_modules/${name}`)];
  const notices = folders.map((folder) => {
    const { name, version, license, author, homepage, repository } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((each) => /^(licen[cs]e|copying)/i.test(each));
    const notice = readdirSync(join(root, folder)).find((each) => /^(notice|third-?party)/i.test(each));
    const holder = HOLDERS[name] ?? (typeof author === "string" ? author : author?.name) ?? `the authors of ${name}`;
    if (!file && license !== "MIT") throw new Error(`${name} ${version} (${license}) holds no licence text; put its words into scripts/vscode/notices.mjs.`);
    const words = (path) => readFileSync(join(root, folder, path), "utf8").trim();
    const place = homepage ?? (typeof repository === "string" ? repository : repository?.url);
    return { name, version, text: [`${name} ${version} (${license})`, place, "", file ? words(file) : MIT(holder), ...(notice && existsSync(join(root, folder, notice)) ? ["", words(notice)] : []), ...(MORE[name] ? ["", MORE[name]] : [])].filter((line) => line !== undefined).join("\n") };
  });
  const sorted = notices.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).filter(({ name, version }, index, all) => all.findIndex((each) => each.name === name && each.version === version) === index);
  return `Tunesmith holds the following software of others, under their licences.\n\n${sorted.map(({ text }) => text).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
