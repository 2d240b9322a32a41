/** A tokenizer whose tokens are characters: lengths can be counted by eye. */
import { type Tokenizer } from "../../../../src/core/text/types";

export const bytesTokenizer: Tokenizer = {
  vocabularySize: 65_536, bosToken: undefined, eosToken: "$", padToken: undefined, bosId: undefined, eosId: 36, padId: undefined, unkToken: undefined, addsBos: false,
  chatTemplate: "{% for message in messages %}<{{ message.role[0] }}>{{ message.content }}{% if message.role == 'assistant' %}${% endif %}\n{% endfor %}{% if add_generation_prompt %}<a>{% endif %}", specialTokens: ["$"],
  encode: (text) => [...text].map((character) => character.charCodeAt(0)), encodeWithOffsets: (text) => ({ ids: Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)), starts: Array.from({ length: text.length }, (_, at) => at) }),
  decode: (ids) => String.fromCharCode(...ids), tokenOf: (id) => String.fromCharCode(id),
};
