"""The cases of this folder: a tiny config as released checkpoints write it, the LoRA targets, and the mistakes that its numbers must show."""

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
GATED = ATTENTION + ["gate_proj", "up_proj", "down_proj"]
FALCON = ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
SIZES = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=28,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2)


def sizes(**changes):
    return {key: value for key, value in {**SIZES, **changes}.items() if value is not ...}


def shift_norms(model):
    """What a plain RMSNorm would do with Gemma's weights, which are stored less one."""
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data -= 1


def halves(model):
    """What rotating pairs (i, i + D/2) would do: the rows of q and k in the order that makes neighbours of them."""
    d = model.config.hidden_size // model.config.num_attention_heads
    order = [i // 2 + (i % 2) * (d // 2) for i in range(d)]
    for layer in model.model.layers:
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            for parameter in linear.parameters():
                parameter.data = parameter.data.view(-1, d, *parameter.shape[1:])[:, order].reshape(parameter.shape)


def drop(suffix):
    """The named tensors as zeros, as if an engine did not read them."""
    def change(model):
        found = [parameter for name, parameter in model.named_parameters() if name.endswith(suffix)]
        assert found, suffix
        for parameter in found:
            parameter.data.zero_()
    return change


def first_norm_for_all(model):
    """One weight for every head where each head has its own."""
    for layer in model.model.layers:
        attention = layer.self_attn
        for name in ("q_norm", "k_norm", "q_layernorm", "k_layernorm"):
            norm = getattr(attention, name, None)
            if norm is None:
                continue
            if hasattr(norm, "norms"):
                for one in norm.norms:
                    one.weight.data.copy_(norm.norms[0].weight.data)
            else:
                norm.weight.data.copy_(norm.weight.data[:1].expand_as(norm.weight))


GEMMA3 = dict(model_type="gemma3_text", architectures=["Gemma3ForCausalLM"], head_dim=12, hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-6,
              rope_theta=1000000.0, rope_local_base_freq=10000.0, query_pre_attn_scalar=20, sliding_window=5, sliding_window_pattern=3,
              attention_bias=False, attn_logit_softcapping=None, final_logit_softcapping=None)
LLAMA = dict(model_type="llama", architectures=["LlamaForCausalLM"], hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0, attention_bias=False, mlp_bias=False)
# A wide head, so that there are enough rotary pairs for a ramp; one layer, because only the rotation differs.
ROPE = dict(sizes(num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, intermediate_size=24), **LLAMA, tie_word_embeddings=True)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=2048)
FALCON_SIZES = sizes(num_key_value_heads=..., intermediate_size=..., max_position_embeddings=...)

CASES = {
    "gemma3": dict(
        config=dict(sizes(num_hidden_layers=3, num_key_value_heads=1, intermediate_size=24), **GEMMA3), targets=GATED, norm_mean=0.3, embedding=0.1, final_norm=2.0,
        note="Two sliding layers (window 5) with rope base 10000, then a full one with base 1000000; norms of q and k per head, four norms a layer, weights stored less one, scores scaled by query_pre_attn_scalar.",
        mistakes={"one rope base for all layers": dict(rope_local_base_freq=1000000.0), "local base everywhere": dict(rope_theta=10000.0), "no window": dict(sliding_window=64), "window 6": dict(sliding_window=6),
                  "pattern 2": dict(sliding_window_pattern=2), "scores scaled by head_dim": dict(query_pre_attn_scalar=12), "erf gelu": dict(hidden_activation="gelu"), "norm weights not + 1": shift_norms}),
    "gemma3_linear": dict(
        config=dict(sizes(num_key_value_heads=1, intermediate_size=24), **{**GEMMA3, "sliding_window_pattern": 2, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 4.0}, rope_scaling=dict(rope_type="linear", factor=8.0)),
        targets=ATTENTION, norm_mean=0.3, embedding=0.1, final_norm=2.0, curve=False,
        note="rope_scaling linear, factor 8, as the 4B and larger have it: it stretches the full layers only. The final cap acts; transformers keeps attn_logit_softcapping of this family in the config and does not apply it.",
        mistakes={"no rope scaling": dict(rope_scaling=None), "scaling on sliding layers too": dict(rope_scaling=None, rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6), sliding_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e4))),
                  "no final cap": dict(final_logit_softcapping=None)}),
    "phi": dict(
        config=dict(sizes(num_key_value_heads=4, tie_word_embeddings=False), model_type="phi", architectures=["PhiForCausalLM"], hidden_act="gelu_new", layer_norm_eps=1e-5, partial_rotary_factor=0.5, rope_theta=10000.0, rope_scaling=None, qk_layernorm=False),
        targets=["q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2"],
        note="Phi-2 style: attention and MLP read one norm and are added together; half of each head is rotated; biases everywhere, in the output head too.",
        mistakes={"whole head rotated": dict(partial_rotary_factor=1.0), "erf gelu": dict(hidden_act="gelu"), "no bias in the head": drop("lm_head.bias"), "eps 1e-3": dict(layer_norm_eps=1e-3)}),
    "phi_qk_layernorm": dict(
        config=dict(sizes(num_key_value_heads=2), model_type="phi", architectures=["PhiForCausalLM"], hidden_act="gelu_new", layer_norm_eps=1e-5, partial_rotary_factor=0.5, rope_theta=10000.0, qk_layernorm=True, tie_word_embeddings=False),
        targets=["q_proj", "k_proj", "v_proj", "dense"], curve=False,
        note="LayerNorm with bias over each head of q and k before rotation, and grouped key heads.", mistakes={"no norms of q and k": dict(qk_layernorm=False), "their biases unread": drop("layernorm.bias")}),
    "olmo2": dict(
        config=dict(sizes(), model_type="olmo2", architectures=["Olmo2ForCausalLM"], hidden_act="silu", rms_norm_eps=1e-6, rope_theta=500000, rope_scaling=None, attention_bias=False, tie_word_embeddings=False),
        targets=GATED, note="No norm before attention and MLP, one after each; RMSNorm of q and k over the whole projection, not per head.",
        mistakes={"rope_theta 10000": dict(rope_theta=10000), "eps 1e-3": dict(rms_norm_eps=1e-3), "norms after attention unread": drop("post_attention_layernorm.weight")}),
    "granite": dict(
        config=dict(sizes(), model_type="granite", architectures=["GraniteForCausalLM"], hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0, rope_scaling=None, attention_bias=False, mlp_bias=False, tie_word_embeddings=True,
                    embedding_multiplier=6.0, attention_multiplier=0.2, residual_multiplier=0.4, logits_scaling=2.0),
        targets=GATED, note="Multipliers on embedding (6), scores (0.2 instead of 1/sqrt(8)), each residual branch (0.4) and logits (divided by 2).",
        mistakes={"embedding_multiplier 1": dict(embedding_multiplier=1.0), "attention 1/sqrt(D)": dict(attention_multiplier=8 ** -0.5), "residual_multiplier 1": dict(residual_multiplier=1.0), "logits_scaling 1": dict(logits_scaling=1.0)}),
    "cohere": dict(
        config=dict(sizes(), model_type="cohere", architectures=["CohereForCausalLM"], hidden_act="silu", layer_norm_eps=1e-5, rope_theta=8000000.0, logit_scale=0.25, attention_bias=False, use_qk_norm=False), final_norm=3.0,
        targets=GATED, note="Command-R style: parallel block, LayerNorm without bias, rotary pairs are neighbours, logits times logit_scale, tied embeddings though config.json does not say so.",
        mistakes={"rotary pairs (i, i + D/2)": halves, "logit_scale 1/16": dict(logit_scale=0.0625), "rope_theta 500000": dict(rope_theta=500000.0)}),
    "cohere_qk_norm": dict(
        config=dict(sizes(), model_type="cohere", architectures=["CohereForCausalLM"], hidden_act="silu", layer_norm_eps=1e-5, rope_theta=75000000.0, logit_scale=0.5, attention_bias=True, use_qk_norm=True), final_norm=3.0,
        targets=ATTENTION, curve=False, note="Command-R+ style: LayerNorm of q and k with a weight of its own for every head, [heads, D]; attention_bias true.",
        mistakes={"no norms of q and k": dict(use_qk_norm=False), "one weight for all heads": first_norm_for_all, "no biases": dict(attention_bias=False)}),
    "stablelm": dict(
        config=dict(sizes(), model_type="stablelm", architectures=["StableLmForCausalLM"], hidden_act="silu", layer_norm_eps=1e-5, rope_theta=10000, partial_rotary_factor=0.25, use_qkv_bias=True, tie_word_embeddings=False),
        targets=GATED, note="StableLM 2 1.6B style: LayerNorm with bias, a quarter of each head rotated, biases on q, k and v only.",
        mistakes={"whole head rotated": dict(partial_rotary_factor=1.0), "no qkv biases": dict(use_qkv_bias=False), "parallel residual": dict(use_parallel_residual=True)}),
    "stablelm_parallel": dict(
        config=dict(sizes(), model_type="stablelm", architectures=["StableLmForCausalLM"], hidden_act="silu", layer_norm_eps=1e-5, rope_theta=10000, partial_rotary_factor=0.5, use_qkv_bias=False, qk_layernorm=True, use_parallel_residual=True, tie_word_embeddings=False),
        targets=GATED, note="StableLM 2 12B style: attention and MLP in parallel behind one norm; every head of q and k has a LayerNorm of its own, without bias.",
        mistakes={"sequential residual": dict(use_parallel_residual=False), "no norms of q and k": dict(qk_layernorm=False), "one weight for all heads": first_norm_for_all}),
    "starcoder2": dict(
        config=dict(sizes(), model_type="starcoder2", architectures=["Starcoder2ForCausalLM"], hidden_act="gelu_pytorch_tanh", norm_epsilon=1e-5, norm_type="layer_norm", mlp_type="default", rope_theta=999999.4420358813, sliding_window=5, use_bias=True),
        targets=ATTENTION + ["c_fc", "c_proj"], note="LayerNorm, biases everywhere, an MLP without gate (tanh gelu), window 5 on every layer, tied embeddings though config.json does not say so.",
        mistakes={"no window": dict(sliding_window=None), "window 4": dict(sliding_window=4), "no biases": dict(use_bias=False), "erf gelu": dict(hidden_act="gelu"), "rope_theta 10000": dict(rope_theta=10000.0)}),
    "falcon": dict(
        config=dict(FALCON_SIZES, model_type="falcon", architectures=["FalconForCausalLM"], num_kv_heads=2, ffn_hidden_size=48, layer_norm_epsilon=1e-5, alibi=False, bias=False, multi_query=True, new_decoder_architecture=True, parallel_attn=True),
        targets=FALCON, note="40B style (new decoder architecture): the fused rows lie group by group [q, q, k, v], ln_attn and ln_mlp side by side; multi_query is to be ignored.",
        mistakes={"tanh gelu": dict(activation="gelu_new"), "eps 1e-3": dict(layer_norm_epsilon=1e-3), "ln_mlp unread": drop("ln_mlp.weight"), "rope_theta 500000": dict(rope_theta=500000.0)}),
    "falcon_one_norm": dict(
        config=dict(FALCON_SIZES, model_type="falcon", architectures=["FalconForCausalLM"], num_kv_heads=2, ffn_hidden_size=28, num_ln_in_parallel_attn=1, layer_norm_epsilon=1e-5, alibi=False, bias=True, multi_query=True, new_decoder_architecture=True, parallel_attn=True, activation="gelu_pytorch_tanh"),
        targets=FALCON[:2], curve=False, note="Falcon2 11B style: the new decoder with one norm for attention and MLP; here with biases and another activation.",
        mistakes={"erf gelu": dict(activation="gelu"), "no biases": dict(bias=False)}),
    "falcon_7b": dict(
        config=dict(sizes(num_key_value_heads=..., intermediate_size=..., max_position_embeddings=..., num_hidden_layers=1), model_type="falcon", architectures=["FalconForCausalLM"], layer_norm_epsilon=1e-5, alibi=False, bias=False, multi_query=True, new_decoder_architecture=False, parallel_attn=True),
        targets=FALCON, note="7B style: one key and value head behind all queries, one norm for both branches in parallel, MLP four times as wide because the config is silent.",
        mistakes={"tanh gelu": dict(activation="gelu_new"), "sequential": dict(parallel_attn=False)}),
    "falcon_rw": dict(
        config=dict(FALCON_SIZES, model_type="falcon", architectures=["FalconForCausalLM"], ffn_hidden_size=28, layer_norm_epsilon=1e-5, alibi=False, bias=True, multi_query=False, new_decoder_architecture=False, parallel_attn=False),
        targets=FALCON, curve=False, note="RW style without ALiBi: every head has its own key and value, rows head by head [q, k, v]; attention then MLP; biases.",
        mistakes={"parallel": dict(parallel_attn=True), "no biases": dict(bias=False)}),
    "gpt_neox_sequential": dict(
        config=dict(sizes(num_key_value_heads=...), model_type="gpt_neox", architectures=["GPTNeoXForCausalLM"], hidden_act="gelu_new", layer_norm_eps=1e-5, rotary_emb_base=25000, rotary_pct=0.5, use_parallel_residual=False, attention_bias=False, tie_word_embeddings=False),
        targets=FALCON, note="use_parallel_residual false (RedPajama-INCITE), half of each head rotated; attention_bias false, tanh gelu and another rotary base besides.",
        mistakes={"parallel residual": dict(use_parallel_residual=True), "rotary_pct 0.25": dict(rotary_pct=0.25), "rotary_emb_base 10000": dict(rotary_emb_base=10000), "erf gelu": dict(hidden_act="gelu")}),
    "qwen2_sliding": dict(
        config=dict(sizes(), model_type="qwen2", architectures=["Qwen2ForCausalLM"], hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1000000.0, use_sliding_window=True, sliding_window=5, max_window_layers=1, tie_word_embeddings=True),
        targets=GATED, note="use_sliding_window true: layers from max_window_layers on see 5 positions, earlier ones all.",
        mistakes={"window ignored": dict(use_sliding_window=False), "window on every layer": dict(max_window_layers=0), "window 6": dict(sliding_window=6)}),
    "smollm3_sliding": dict(
        config=dict(sizes(num_hidden_layers=3, intermediate_size=24, pad_token_id=0), model_type="smollm3", architectures=["SmolLM3ForCausalLM"], hidden_act="silu", rms_norm_eps=1e-6, rope_theta=2000000.0, use_sliding_window=True, sliding_window=5, no_rope_layer_interval=3, attention_bias=True, mlp_bias=True),
        targets=ATTENTION, curve=False, note="use_sliding_window true: the window lies on the layers without rope only; the third layer has none. Biases besides.",
        mistakes={"window ignored": dict(use_sliding_window=False), "window on every layer": dict(layer_types=["sliding_attention"] * 3), "rope everywhere": dict(no_rope_layer_interval=4), "no attention biases": dict(attention_bias=False), "no MLP biases": dict(mlp_bias=False)}),
    "llama_bias": dict(
        config=dict(sizes(head_dim=12), **{**LLAMA, "attention_bias": True, "mlp_bias": True}, tie_word_embeddings=False),
        targets=GATED, curve=False, note="attention_bias and mlp_bias true: biases on all seven linears; head_dim 12 is not hidden/heads.",
        mistakes={"no attention biases": dict(attention_bias=False), "no MLP biases": dict(mlp_bias=False), "no bias on o_proj": drop("o_proj.bias")}),
    "gpt2_options": dict(
        config=dict(vocab_size=96, n_embd=32, n_layer=2, n_head=4, n_positions=64, n_inner=28, bos_token_id=1, eos_token_id=2, model_type="gpt2", architectures=["GPT2LMHeadModel"], activation_function="relu", layer_norm_epsilon=1e-5,
                    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False),
        targets=["c_attn", "c_proj", "c_fc"], conv1d=True, qk_gain=0.7, note="GPT-2's options (it has no bias options): n_inner, relu, scores not scaled by the head but by 1/(layer + 1), untied head.",
        mistakes={"scores scaled": dict(scale_attn_weights=True), "scores not scaled by layer": dict(scale_attn_by_inverse_layer_idx=False), "tanh gelu": dict(activation_function="gelu_new")}),
    "phi3_longrope": dict(
        config=dict(sizes(num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, pad_token_id=0), model_type="phi3", architectures=["Phi3ForCausalLM"], hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0, partial_rotary_factor=0.5, original_max_position_embeddings=12,
                    rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.4, 2.0], long_factor=[1.0, 2.0, 5.0, 9.0]), sliding_window=None, tie_word_embeddings=False),
        targets=["qkv_proj", "o_proj"], curve=False, variety=8, note="Trained length 12: the io batch is longer, so all of its positions take the long factors; greedy generation passes from the short ones to the long ones, and all keys change.",
        mistakes={"short factors": dict(rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.4, 2.0], long_factor=[1.0, 1.1, 1.4, 2.0])), "no attention factor": dict(rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.4, 2.0], long_factor=[1.0, 2.0, 5.0, 9.0], attention_factor=1.0))}),
    "llama_linear": dict(config=dict(ROPE, rope_scaling=dict(type="linear", factor=4.0)), targets=ATTENTION, curve=False, note="rope_scaling linear, factor 4, under its old key `type`.",
        mistakes={"no rope scaling": dict(rope_scaling=None), "factor 3": dict(rope_scaling=dict(type="linear", factor=3.0))}),
    "llama_dynamic": dict(config=dict(ROPE, tie_word_embeddings=False, max_position_embeddings=24, rope_scaling=dict(rope_type="dynamic", factor=2.0)), targets=ATTENTION, curve=False, long=40, variety=6, cached_only=True,
        note="NTK-aware scaling. The texts of io.safetensors are shorter than the 24 trained positions and see plain rope; greedy generation passes them (over a cache, where a key keeps the frequencies of the length at which it came), io_long is all beyond.",
        mistakes={"linear instead": dict(rope_scaling=dict(rope_type="linear", factor=2.0))}, long_mistakes={"no rope scaling": dict(rope_scaling=None), "factor 3": dict(rope_scaling=dict(rope_type="dynamic", factor=3.0))}),
    "llama_dynamic_beyond": dict(config=dict(ROPE, max_position_embeddings=12, rope_scaling=dict(rope_type="dynamic", factor=4.0)), targets=ATTENTION,
        note="The same beyond its trained positions in every batch: T is 16, max_position_embeddings 12.", mistakes={"no rope scaling": dict(rope_scaling=None), "factor 2": dict(rope_scaling=dict(rope_type="dynamic", factor=2.0))}),
    "llama_yarn": dict(config=dict(ROPE, max_position_embeddings=8192, rope_scaling=dict(YARN)), targets=ATTENTION, curve=False,
        note="YaRN as Qwen2.5's cards write it; cos and sin are multiplied by 0.1 ln(4) + 1.",
        mistakes={"no rope scaling": dict(rope_scaling=None), "attention factor 1": dict(rope_scaling=dict(YARN, attention_factor=1.0)), "beta_fast 8": dict(rope_scaling=dict(YARN, beta_fast=8.0)), "original positions 8192": dict(rope_scaling=dict(YARN, original_max_position_embeddings=8192))}),
    "llama_yarn_mscale": dict(config=dict(ROPE, max_position_embeddings=8192, rope_scaling=dict(YARN, mscale=2.0, mscale_all_dim=0.5, beta_fast=8.0, beta_slow=2.0)), targets=ATTENTION, curve=False,
        note="YaRN with mscale and mscale_all_dim (DeepSeek's form of the attention factor), beta_fast and beta_slow.",
        mistakes={"mscale ignored": dict(rope_scaling=dict(YARN, beta_fast=8.0, beta_slow=2.0)), "beta_slow 1": dict(rope_scaling=dict(YARN, mscale=2.0, mscale_all_dim=0.5, beta_fast=8.0)), "beta_fast 32": dict(rope_scaling=dict(YARN, mscale=2.0, mscale_all_dim=0.5, beta_slow=2.0))}),
    "llama_yarn_untruncated": dict(config=dict(ROPE, max_position_embeddings=8192, rope_scaling=dict(YARN, attention_factor=1.5, truncate=False)), targets=ATTENTION, curve=False,
        note="YaRN with attention_factor given and truncate false (gpt-oss): the ramp begins and ends between dimensions.",
        mistakes={"truncate true": dict(rope_scaling=dict(YARN, attention_factor=1.5)), "attention_factor ignored": dict(rope_scaling=dict(YARN, truncate=False))}),
}
