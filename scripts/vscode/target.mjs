// Owns which platforms a package can be made for, and what must be installed first: each platform's native libraries.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = "node_modules/onnxruntime-node/bin/napi-v6";

/**
 * The platform and architecture of `--target` (this machine's without one), and koffi's package with its binary for it. Throws, in words for a person, where a library is missing; `cpuOnly` does without koffi.
 */
export function packageTarget(root, argv, own = `${process.platform}-${process.arch}`) {
  const at = argv.indexOf("--target");
  const target = at < 0 ? own : argv[at + 1] ?? "";
  const cpuOnly = argv.includes("--cpu-only");
  const known = readdirSync(join(root, LIBRARIES)).flatMap((platform) => readdirSync(join(root, LIBRARIES, platform)).map((architecture) => `${platform}-${architecture}`)).sort();
  if (!known.includes(target)) throw new Error(`onnxruntime-node has no library for "${target}". Give --target one of ${known.join(", ")}.`);
  const [platform, architecture] = target.split("-");
  const koffi = `@koromix/koffi-${target}`;
  const { version, optionalDependencies = {} } = JSON.parse(readFileSync(join(root, "node_modules/koffi/package.json"), "utf8"));
  const installed = existsSync(join(root, "node_modules", koffi, "package.json"));
  if (!cpuOnly && !installed) {
    throw new Error(`A package for ${target} needs koffi's binary for it, and ${koffi} is not installed here: without it Tunesmith trains on the CPU alone. `
      + `Run \`npm install --no-save --force ${koffi}@${optionalDependencies[koffi] ?? version}\` first, or give --cpu-only for a package without graphics cards.`);
  }
  return { target, platform, architecture, koffi: cpuOnly ? undefined : koffi };
}
