/** The table of model families: what distinguishes them, as data. A family's source is named at its entry. */

export interface Architecture {
  readonly name: string;
  /** Linear layers of a block, in the order of their adapters: module path inside the layer, and its two sides. */
  readonly linears: readonly { readonly module: string; readonly from: Side; readonly to: Side }[];
}

/** hidden: C, queries: H·D, keys: G·D, feedForward: F. */
export type Side = "hidden" | "queries" | "keys" | "feedForward";

export const architectures: Readonly<Record<string, Architecture>> = {
  // transformers: models/llama/modeling_llama.py (SmolLM2 has this type too)
  llama: {
    name: "llama",
    linears: [
      { module: "self_attn.q_proj", from: "hidden", to: "queries" },
      { module: "self_attn.k_proj", from: "hidden", to: "keys" },
      { module: "self_attn.v_proj", from: "hidden", to: "keys" },
      { module: "self_attn.o_proj", from: "queries", to: "hidden" },
      { module: "mlp.gate_proj", from: "hidden", to: "feedForward" },
      { module: "mlp.up_proj", from: "hidden", to: "feedForward" },
      { module: "mlp.down_proj", from: "feedForward", to: "hidden" },
    ],
  },
};
