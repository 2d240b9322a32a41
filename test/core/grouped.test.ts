import fc from "fast-check";
import { expect, test } from "vitest";
import { grouped } from "../../src/core/grouped";

test("counts are written as the runtime writes them in English", () => {
  for (const count of [0, 7, 999, 1000, 100_000, 1_234_567, Number.MAX_SAFE_INTEGER]) expect(grouped(count)).toBe(count.toLocaleString("en-US"));
  fc.assert(fc.property(fc.maxSafeNat(), (count) => { expect(grouped(count)).toBe(count.toLocaleString("en-US")); }));
});
