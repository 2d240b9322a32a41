// Owns the way from esbuild's split bundles, which are ES modules only, to CommonJS files: Node loads those without its second loader, and __dirname is theirs.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { transform } from "esbuild";

/** Nothing that a part gives to others changes once the part is loaded: as plain values instead of getters of getters, calls between parts cost what they cost within one. */
const PLAIN = "module.exports = { ...module.exports };";

/** For a build with `splitting` and `write: false`; `command` is the file that is run by its name.
 * @param {{ minify: boolean, command: string }} options */
export const commonJs = ({ minify, command }) => ({
  name: "commonjs",
  setup: (build) => {
    build.onEnd(async ({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles) {
        const name = basename(path), sourcemap = build.initialOptions.sourcemap ? "external" : false;
        // Without `import()` the imports of other parts, and of packages, become calls of `require` in the same places.
        const { code, map } = await transform(text, { format: "cjs", platform: "node", target: "node20", supported: { "dynamic-import": false }, minify, sourcemap, sourcefile: name, banner: `${name === command ? "#!/usr/bin/env node\n" : ""}"use strict";`, footer: PLAIN });
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, sourcemap ? `${code}//# sourceMappingURL=${name}.map\n` : code);
        if (sourcemap) writeFileSync(`${path}.map`, map);
      }
    });
  },
});
