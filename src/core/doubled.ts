/** Owns how typed arrays grow. */

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/** A copy with twice the room; the new half is zero. */
export const doubled = <A extends Numbers>(numbers: A): A => {
  const copy = new (numbers.constructor as new (length: number) => A)(numbers.length * 2);
  copy.set(numbers);
  return copy;
};
