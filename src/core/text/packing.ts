/** Packing: which examples lie in one row, and which tokens at the beginning of all of them a row holds only once. */
import { type Example, IGNORE_LABEL } from "./types";

/**
 * First-fit decreasing (Johnson 1973): the longest first, each into the first row that has room. How many rows it takes depends on the lengths alone, not on the order.
 * Every row begins with `prefix` tokens that all examples share, so an example takes its length less those.
 */
export function pack(examples: readonly Example[], size: number, prefix = 0): Example[][] {
  const sorted = [...examples].sort((a, b) => b.ids.length - a.ids.length), rows: Example[][] = [];
  firstFit(sorted.map(({ ids }) => ids.length - prefix), size - prefix).forEach((bin, i) => { (rows[bin] ??= []).push(sorted[i]!); });
  return rows;
}

/** A new row where the next example no longer fits. */
export function packInOrder(examples: readonly Example[], size: number, prefix = 0): Example[][] {
  const lines: Example[][] = [];
  let room = 0;
  for (const example of examples) {
    const length = example.ids.length - prefix;
    if (lines.length === 0 || length > room) { lines.push([]); room = size - prefix; }
    lines.at(-1)!.push(example);
    room -= length;
  }
  return lines;
}

/** At most so many rows of about the same length: the longest example first, each into the row that is shortest so far (Graham 1969). */
export function balance(examples: readonly Example[], rows: number, prefix = 0): Example[][] {
  const lines: Example[][] = Array.from({ length: Math.min(rows, examples.length) }, () => []), lengths = new Int32Array(lines.length);
  for (const example of [...examples].sort((a, b) => b.ids.length - a.ids.length)) {
    const shortest = lengths.reduce((best, length, row) => (length < lengths[best]! ? row : best), 0);
    lines[shortest]!.push(example);
    lengths[shortest]! += example.ids.length - prefix;
  }
  return lines;
}

/** How many rows `pack` or `packInOrder` makes. */
export function packedRows(examples: readonly Example[], size: number, { prefix = 0, inOrder = false }: { prefix?: number | undefined; inOrder?: boolean } = {}): number {
  if (inOrder) return packInOrder(examples, size, prefix).length;
  return firstFit(examples.map(({ ids }) => ids.length - prefix).sort((a, b) => b - a), size - prefix).reduce((most, bin) => Math.max(most, bin + 1), 0);
}

/** The bin of each item: the first with room for it. A tree over the bins holds the most room below each node, so finding it takes log n looks. No item is larger than `capacity`. */
export function firstFit(sizes: readonly number[], capacity: number): Int32Array {
  const leaves = 2 ** Math.ceil(Math.log2(Math.max(sizes.length, 1))), room = new Int32Array(2 * leaves).fill(capacity);
  return Int32Array.from(sizes, (size) => {
    let node = 1;
    while (node < leaves) node = room[2 * node]! >= size ? 2 * node : 2 * node + 1;
    const bin = node - leaves;
    room[node]! -= size;
    for (node >>= 1; node > 0; node >>= 1) room[node] = Math.max(room[2 * node]!, room[2 * node + 1]!);
    return bin;
  });
}

/** How many leading tokens all examples share, without the first position that predicts a trained token of any of them: what comes after may differ. */
export function sharedPrefix(examples: readonly Example[]): number {
  const [first] = examples;
  let length = first ? first.ids.length : 0;
  for (const { ids, labels } of examples) {
    let same = 0;
    while (same < length && ids[same] === first!.ids[same]) same++;
    // Position t − 1 predicts label t.
    const trained = labels.findIndex((label, t) => t > 0 && label !== IGNORE_LABEL);
    length = Math.min(same, trained < 0 ? same : trained - 1);
  }
  return length;
}
