/** Owns how counts are written: their digits in groups of three. The runtime's own way loads its tables of all languages first, which takes longer than to check a small file. */

/** 1000 → "1,000"; `count` is a whole number that is not negative. */
export const grouped = (count: number): string => {
  const digits = String(count);
  let written = digits.slice(-3);
  for (let end = digits.length - 3; end > 0; end -= 3) written = `${digits.slice(Math.max(0, end - 3), end)},${written}`;
  return written;
};
