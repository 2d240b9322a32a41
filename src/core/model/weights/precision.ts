/** How the frozen weights of a base are held: as in its files, in 32 or 16 bits, or the linear layers of its blocks in 8 or 4. All are computed with in float32. */

export interface Precision {
  /** Of what is not quantised. auto: as in the files (GGUF: float32). */
  readonly dtype: "auto" | "float32" | "float16" | "bfloat16";
  /** Bits of the quantised linear layers. */
  readonly bits?: 4 | 8;
}

/** The names of Hugging Face's settings. */
export interface PrecisionSettings { readonly dtype?: Precision["dtype"] | undefined; readonly load_in_4bit?: boolean | undefined; readonly load_in_8bit?: boolean | undefined }

export const precisionOf = ({ dtype = "auto", load_in_4bit, load_in_8bit }: PrecisionSettings): Precision => ({ dtype, ...((load_in_4bit || load_in_8bit) && { bits: load_in_4bit ? 4 : 8 }) });

/** "4-bit", "float16"; nothing for a base as it is. */
export const precisionLabel = ({ dtype, bits }: Precision): string | undefined => (bits ? `${bits}-bit` : dtype === "auto" ? undefined : dtype);

/** Says it twice in the same way, for keys. 8 bits were blocks of 32 once; copies of that layout lie in caches under "8-bit". */
export const precisionKey = ({ dtype, bits }: Precision): string => `${dtype}${bits === 8 ? " int8" : bits ? ` ${bits}-bit` : ""}`;
