/** Owns keys and passwords in texts, by the shapes that their issuers publish. Works offline; a message never repeats what it found. */
import { type Inspected } from "./place";

interface Shape { readonly name: string; readonly pattern: RegExp; readonly sure?: (match: RegExpMatchArray) => boolean }

/** Enough different characters to be random, and none of the words that documentation puts in place of a key. */
const random = (text: string): boolean =>
  new Set(text).size >= 10 && !/example|sample|dummy|your|x{4}|\*{3}|\.{3}|abcdef|qwerty|12345678|01234567|secret|password|placeholder|redacted|insert/i.test(text);

/** Text of base64url without padding; characters beyond ASCII come out as they may. */
const base64Text = (text: string): string => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let [bits, held, result] = [0, 0, ""];
  for (const character of text) {
    bits = (bits << 6 | alphabet.indexOf(character)) & 0xffff;
    held += 6;
    if (held >= 8) result += String.fromCharCode(bits >> (held -= 8) & 0xff);
  }
  return result;
};

const shapes: readonly Shape[] = [
  { name: "a private key", pattern: /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED) )?PRIVATE KEY-----\s*(?:\\n)?\s*[A-Za-z0-9+/]{20}|-----BEGIN PGP PRIVATE KEY BLOCK-----/g },
  { name: "an AWS access key", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: "a GitHub token", pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{60,255}\b/g },
  { name: "a GitLab token", pattern: /\bglpat-[\w-]{20,50}\b/g },
  { name: "an Anthropic key", pattern: /\bsk-ant-[\w-]{30,200}/g },
  { name: "an OpenAI key", pattern: /\bsk-(?!ant-)(?:(?:proj|svcacct|admin)-[\w-]{32,200}|[A-Za-z0-9]{32,64})(?![\w-])/g },
  { name: "a Hugging Face token", pattern: /\bhf_[A-Za-z0-9]{34,40}\b/g },
  { name: "a Slack token", pattern: /\bxox[abeoprs]-[0-9A-Za-z-]{20,250}\b|\bhttps:\/\/hooks\.slack\.com\/services\/T[0-9A-Z]{8,12}\/B[0-9A-Z]{8,12}\/[0-9A-Za-z]{20,30}\b/g },
  { name: "a Stripe key", pattern: /\b[sr]k_live_[0-9A-Za-z]{20,100}\b/g },
  { name: "a Google API key", pattern: /\bAIza[0-9A-Za-z_-]{35}(?![\w-])/g },
  { name: "an npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "a PyPI token", pattern: /\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}/g },
  { name: "a SendGrid key", pattern: /\bSG\.[\w-]{22}\.[\w-]{43}\b/g },
  { name: "a Telegram bot token", pattern: /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g },
  { name: "a JSON Web Token", pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{16,2000}/g, sure: ([token]) => /"alg"\s*:/.test(base64Text(token.slice(0, token.indexOf(".")).slice(0, 400))) },
  {
    name: "a password in an address", pattern: /\b(?:https?|ftp|ssh|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/([^\s:/@"'<>{}$[\]]{2,64}):([^\s:/@"'<>{}$[\]]{6,128})@[\w.-]{4,}/g,
    sure: ([, user, password]) => !/^(?:user(?:name)?|login|name|admin|root|guest|me)$/i.test(user!) && /\d/.test(password!) && /[a-z]/i.test(password!) && !/pass(?:word)?|pwd|your|example|secret|x{3}|\*{3}|12345/i.test(password!),
  },
];
/** One look for all shapes: most texts hold none of these. */
const HINT = /-----BEGIN|A[KS]IA|gh[pousr]_|github_pat|glpat-|sk-|hf_|xox[abeoprs]-|hooks\.slack|k_live_|AIza|npm_|pypi-|SG\.|:AA|eyJ|:\/\/[^\s/]{1,200}@/;

export const checkSecrets = ({ record, report }: Inspected): void => {
  for (const message of record.messages) {
    if (!HINT.test(message.content)) continue;
    for (const { name, pattern, sure } of shapes) {
      for (const match of message.content.matchAll(pattern)) {
        if (!(sure ? sure(match) : name === "a private key" || random(match[0].slice(4)))) continue;
        report("secret", "warning", message, match.index, match.index + match[0].length, `This looks like ${name}. A model can learn it by heart and say it to anyone: revoke it, and write something made up instead.`);
      }
    }
  }
};
