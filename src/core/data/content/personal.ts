/** Owns data about persons in texts: addresses, numbers and accounts that checksums or a strict form tell from other digits. Works offline; precision comes before recall. */
import { type Message } from "../record";
import { type Inspected, type Report } from "./place";

const EMAIL = /(?<![\p{L}\p{N}_.%+/@-])([A-Za-z0-9](?:[\w.%+-]{0,62}[A-Za-z0-9_])?)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+([A-Za-z]{2,18}))(?![\p{L}\p{N}_@-])/gu;
/** Names that documentation and invented people use (RFC 2606 and habit). */
const MADE_UP_HOST = /^(?:.*\.)?(?:example|test|sample|domain|mydomain|yourdomain|email|mail|company|companyname|yourcompany|mycompany|website|yourwebsite|mywebsite|business|organization|school|university|acme|abc|xyz|foo|bar|host|server|provider|site|fake|placeholder|emailaddress|store|abccompany|xyzcompany)\.[a-z.]{2,10}$|\.(?:example|test|invalid|localhost|local)$/i;
const MADE_UP_NAME = /^(?:(?:your|my|user|first|last|full|some|any|no)[._-]?(?:user)?(?:name|email|address|one|body|reply)?|name|email|e-?mail|user\d*|username\d*|john[._-]?d(?:oe)?|jane[._-]?d(?:oe)?|johndoe\d*|janedoe\d*|test\d*|foo|bar|abc\d*|xyz\d*|x+|example\d*|sample|git|no-?reply|do-?not-?reply|info|support|contact|help|admin|sales|hello|office|jobs|hr|careers|my[._-].{1,30}|your[._-].{1,30}|customer[._-]?(?:service|support|care)|service|webmaster|postmaster|press|media|feedback|team|privacy|security|first[._-]?last(?:name)?|firstname[._-]?lastname)$/i;
const NO_TLD = /^(?:png|jpe?g|gif|svg|webp|js|ts|py|css|html?|json|txt|md|pdf|xml|ya?ml|zip|lock|sh|exe|dll|jar|class|csv)$/i;

/** International with a country code, or as North America writes it; always with separators, so that other long numbers do not count. */
const PHONE = /(?<![\w.,:/#$€£=+-])(?:(?<plus>\+[1-9]\d{0,2}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]\d{2,8}){1,4})|(?<us>(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-.]\d{4}))(?![\w-]|[.,]\d)/g;
const IBAN = /\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)\b/g;
/** Length of an IBAN by country (SWIFT's registry, the larger ones). */
const IBAN_LENGTH: Readonly<Record<string, number>> = { AD: 24, AE: 23, AT: 20, BA: 20, BE: 16, BG: 22, BR: 29, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27, GB: 22, GR: 27, HR: 21, HU: 28, IE: 22, IL: 23, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TR: 26, UA: 29 };
const KNOWN_IBANS = /^(?:GB82WEST12345698765432|DE89370400440532013000|GB29NWBK60161331926819|FR1420041010050500013M02606|NL91ABNA0417164300|CH9300762011623852957|ES9121000418450200051332)$/;
const CARD = /(?<![\w.,-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5})(?![\w-]|[.,]\d)/g;
/** What payment services print for tests, and cards on posters. */
const TEST_CARDS = /^(?:4(?:1{15}|0{12}\d{3}|242424242424242|012888888881881)|5(?:5{11}4444|105105105105100|200828282828210|424000000000015)|37(?:8282246310005|1449635398431|8734493671000)|6011(?:1{12}|000990139424)|1234567890123456|4(?:53201511283036[67]|916338506082832)|0+|(\d)\1+)$/;
const SSN = /\b(?:SSN|social security(?: number| no\.?| #)?)\b[^\n\d]{0,30}((?!000|666|9\d\d|123-45|987-65|078-05-1120)\d{3}-(?!00)\d{2}-(?!0000)\d{4})\b/gi;
const IPV4 = /(?<![\w.:-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g;

export const checkPersonal = ({ record, report }: Inspected): void => {
  for (const message of record.messages) {
    const { content } = message;
    if (content.includes("@")) emails(message, report);
    if (!/\d{2}[ .)-]?\d/.test(content)) continue;
    phones(message, report);
    if (/[A-Z]{2}\d{2}/.test(content)) for (const match of content.matchAll(IBAN)) if (isIban(match[0])) tell(message, report, match.index, match[0], "a bank account (IBAN)");
    for (const match of content.matchAll(CARD)) if (isCard(match[0], content, match.index)) tell(message, report, match.index, match[0], "a card number");
    for (const match of content.matchAll(SSN)) tell(message, report, match.index + match[0].length - match[1]!.length, match[1]!, "a social security number");
    for (const match of content.matchAll(IPV4)) if (isPublicAddress(match[0], content.slice(Math.max(0, match.index - 24), match.index))) tell(message, report, match.index, match[0], "a public IP address", "information");
  }
};

const tell = (message: Message, report: Report, at: number, found: string, what: string, severity: "warning" | "information" = "warning"): void =>
  report("personal-data", severity, message, at, at + found.length, `This looks like ${what}. If it belongs to a real person, the model may repeat it: replace it with a made-up one.`);

const emails = (message: Message, report: Report): void => {
  for (const match of message.content.matchAll(EMAIL)) {
    const [address, name, host, tld] = match as unknown as [string, string, string, string];
    if (!MADE_UP_HOST.test(host) && !MADE_UP_NAME.test(name) && !NO_TLD.test(tld) && !name.includes("..") && !/:\/\/\S*$/.test(message.content.slice(Math.max(0, match.index - 80), match.index))) tell(message, report, match.index, address, "an e-mail address");
  }
};

const phones = (message: Message, report: Report): void => {
  for (const match of message.content.matchAll(PHONE)) {
    const digits = match[0].replace(/\D/g, "");
    const [least, most] = match.groups!.plus ? [9, 15] : [10, 11];
    if (digits.length < least || digits.length > most || isMadeUp(digits, match.groups!.us !== undefined)) continue;
    tell(message, report, match.index, match[0], "a phone number");
  }
};

/** Films and documentation: the exchange 555, and digits in a row. Toll-free numbers are no person's. */
const isMadeUp = (digits: string, us: boolean): boolean =>
  /(\d)\1{4}|12345|23456|34567|45678|56789|98765|87654/.test(digits) || (us || digits.startsWith("1")) && /^1?(?:\d{3}555|555|8(?:00|88|77|66|55|44|33)|900)/.test(digits);

/** ISO 13616: the letters as numbers, rotated by four, leave 1 when divided by 97. */
const isIban = (written: string): boolean => {
  const iban = written.replaceAll(" ", "");
  if (iban.length !== IBAN_LENGTH[iban.slice(0, 2)] || KNOWN_IBANS.test(iban)) return false;
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) for (const digit of parseInt(character, 36).toString()) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
};

/** ISO/IEC 7812: Luhn's check digit, an issuer's prefix; digits without groups only beside a word that speaks of cards. */
const isCard = (written: string, content: string, at: number): boolean => {
  const digits = written.replace(/\D/g, "");
  if (TEST_CARDS.test(digits) || !/^(?:4|5[1-5]|2[2-7]|3[47]|6011|64[4-9]|65|35)/.test(digits)) return false;
  if (written === digits && !/\b(?:card|visa|master ?card|amex|american express|credit|debit|cvv)\b/i.test(content.slice(Math.max(0, at - 60), at + 80))) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    sum += index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
};

/** RFC 6890's special blocks and the resolvers that every manual names are nobody's; small numbers are versions and sections. */
const isPublicAddress = (address: string, before: string): boolean => {
  const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
  if (a === 0 || a === 10 || a === 127 || a >= 224 || a === 100 && b >= 64 && b < 128 || a === 169 && b === 254 || a === 172 && b >= 16 && b < 32 || a === 192 && (b === 168 || b === 0) || a === 198 && (b === 18 || b === 19 || b === 51 && c === 100) || a === 203 && b === 0 && c === 113) return false;
  if (new Set([a, b, c, d]).size === 1 || /^(?:8\.8\.4\.4|1\.0\.0\.1|1\.2\.3\.4|208\.67\.222\.22[02]|208\.67\.220\.220)$/.test(address) || address.endsWith(".0.0") || d === 0 && c === 0) return false;
  if (a < 20 && b < 20 && c < 20 && d < 20 || /\bv(?:ersion|er)?\.?\s*$|\b(?:section|chapter|release|build|firmware)\s*$/i.test(before)) return false;
  return !/\b0\d/.test(address);
};
