/** The model folders of this repository (arch/README.md): families and options that ../shared has no folder for. */
import { join } from "node:path";
import { describeGolden, goldenCases } from "./archSuite";

for (const { name, path } of goldenCases(join(__dirname, "arch"))) describeGolden(`test/golden/arch/${name}`, path);
