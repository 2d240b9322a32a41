/** The one place that knows where the shared reference material lies; owns nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../../shared");

/** Whether ../shared stands beside this checkout. In CI its absence is a failure, elsewhere the tests that need it are skipped. */
export const hasShared = existsSync(join(root, "golden"));
if (!hasShared && process.env.CI) throw new Error(`../shared is missing: CI must lay it beside the checkout (looked in ${root}).`);

/** Absolute path of something in ../shared. */
export const shared = (...parts: string[]): string => join(root, ...parts);
export const sharedText = (...parts: string[]): string => readFileSync(shared(...parts), "utf8");
export const sharedJson = <T>(...parts: string[]): T => JSON.parse(sharedText(...parts)) as T;
