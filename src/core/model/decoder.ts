/** The decoder-only transformer: from token ids to hidden states, and from hidden states to logits. */
import { add, constant, gather, matmul, reshape, rmsNorm, rope } from "../graph/graph";
import { product, type Value } from "../graph/ops";
import { type ModelConfig } from "./config";
import { type Attend, gatedMlp, type Parameters, selfAttention } from "./layers";
import { ropeTables } from "./rope";
import { EMBEDDING, FINAL_NORM, HEAD, layerPrefix } from "./tensors";

/** tokens, positions int64 [B, T] → hidden states [B·T, C] before the final norm. `maxPositions` bounds the rotary table. */
export function decoder(parameters: Parameters, config: ModelConfig, tokens: Value, positions: Value, attend: Attend, maxPositions: number): Value {
  const [B, T] = tokens.dims as [number, number];
  const { cos, sin } = ropeTables(config.rope, config.headSize, maxPositions), tableDims = [maxPositions, config.headSize / 2];
  const cosTable = constant(cos, tableDims), sinTable = constant(sin, tableDims);
  const rotate = (x: Value): Value => rope(x, positions, cosTable, sinTable);

  let x = reshape(gather(parameters.tensor(EMBEDDING), tokens), [B * T, config.hiddenSize]); // N C
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = layerPrefix(layer);
    const norm = (name: string, y: Value): Value => rmsNorm(y, parameters.tensor(`${prefix}.${name}.weight`), config.normEpsilon);
    x = add(x, selfAttention(parameters, config, `${prefix}.self_attn`, norm("input_layernorm", x), B, rotate, (q, k, v) => attend(layer, q, k, v)));
    x = add(x, gatedMlp(parameters, `${prefix}.mlp`, norm("post_attention_layernorm", x)));
  }
  return x;
}

/** hidden [N, C], rows int64 [K] → logits [K, V]: final norm and output head of the chosen rows only. */
export function logitsOf(parameters: Parameters, config: ModelConfig, hidden: Value, rows: Value): Value {
  const chosen = rmsNorm(gather(hidden, reshape(rows, [product(rows.dims)])), parameters.tensor(FINAL_NORM), config.normEpsilon);
  return matmul(chosen, parameters.tensor(config.tied ? EMBEDDING : HEAD), { transposeB: true });
}
