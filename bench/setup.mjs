// `node bench/setup.mjs`: installs the peers that the benchmark compares with into bench/.venv. Needs Python 3.10 or newer.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), venv = join(here, ".venv");
const packages = ["torch==2.15.0", "transformers==5.23.0", "peft==0.21.2", "safetensors==0.8.0", "numpy", "datasets==5.2.0", "datasketch==2.0.0", "tokenizers==0.23.3"];
const run = (command, args) => { if (spawnSync(command, args, { stdio: "inherit" }).status !== 0) { console.error(`${command} failed; see its message above.`); process.exit(2); } };

if (!existsSync(join(venv, "bin", "python"))) run("python3", ["-m", "venv", venv]);
run(join(venv, "bin", "python"), ["-m", "pip", "install", "--quiet", ...packages]);
console.log(`The peers are in ${venv}.`);
