/** Owns the seed of the property tests: CI always tries the same cases, so that a red run means a change; at home every run tries new ones. */
import fc from "fast-check";

if (process.env.CI) fc.configureGlobal({ seed: 20_261_122 });
