/** Each check of a row's texts: what it finds, and what looks like it and is left alone. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContentChecks, contentProblems } from "../../../../src/core/data/content/contentProblems";
import { languageOf } from "../../../../src/core/data/content/language";
import { parseDataset } from "../../../../src/core/data/parse";
import { type ProblemCode } from "../../../../src/core/data/problem";

const row = (instruction: string, output: string, input = ""): string => JSON.stringify({ instruction, input, output });
/** `code: text` of each content problem, the text as it stands in the line. */
const found = (line: string): string[] => {
  const parsed = parseDataset(line);
  expect(parsed.usable).toBe(1);
  return contentProblems(parsed.records[0]!, () => line).map(({ code, span }) => `${code}: ${line.slice(span.start, span.end)}`);
};
const codesOf = (line: string): string[] => found(line).map((one) => one.split(":")[0]!);
const ask = (output: string, instruction = "Tell me about it."): string[] => found(row(instruction, output));
/** Keys are put together here so that no scanner takes this file for one that holds them. */
const key = (...parts: string[]): string => parts.join("");

describe("secrets", () => {
  test.each([
    key("AKIA", "Q3EGRW7ZK5LMTYV2"), key("ghp", "_a8Kd93LmQ0zXv7Rt5Bn2Wc6Yp1Hs4Jf9Ue3G"), key("github", "_pat_11ABCDE7Q0", "k3J9d8f7G6h5J4k3L2m1_", "zXcVbNm9876UwErPyLiOpAsDfGhJkLz0"),
    key("sk-", "proj-8fK2mQ9xW4vT7nB3hL6pR1sD5gJ0yCe5T"), key("sk-ant", "-api03-9Uw8Er7Py6Ui5Op4As3Df2Gh1Jk0Lz"), key("hf", "_UwErPyUiOpAsDfGhJkLzXcVbNm98765432"), key("xoxb", "-2837465019-8273645-QkDjR83hsLw02nd"),
    key("AIza", "SyD9f8G7h6J5k4L3m2N1b0VcXzUwErPyLiO"), key("sk", "_live_9aB8cD7eF6gH5iJ4kL3mN2oP"), key("glpat", "-Zx9Yw8Vu7Ts6Rq5Po4Nm"),
    key("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", ".eyJzdWIiOiI5ODc2NTQzMjEwIiwibmFtZSI6IkFubmEifQ", ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    key("postgres://", "anna83:t7Kq2LmZ9", "@db.internal.net"),
  ])("%s", (secret) => expect(ask(`Use ${secret} for that.`)).toEqual([`secret: ${secret}`]));

  test("a private key is underlined where it begins", () => expect(ask(key("-----BEGIN RSA PRIVATE", " KEY-----\nMIIEpAIBAAKCAQEAuPj8Zk9Q2Ld3\n"))[0]).toMatch(/^secret: -----BEGIN RSA/));

  test.each([
    "AKIAIOSFODNN7EXAMPLE", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-your-api-key-goes-here-and-is-long-enough", "sk-1234567890abcdef1234567890abcdef", "https://user:password@example.com/", "hf_tokens are secret",
    "eyJub3QiOiJhIGp3dCJ9.eyJub3QiOiJhIGp3dCJ9.c2lnbmF0dXJlLWhlcmU", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "mongodb://localhost:27017/test", "task-management-and-risk-assessment-in-organisations-today",
  ])("left alone: %s", (text) => expect(ask(`Use ${text} for that.`)).toEqual([]));

  test("the message does not repeat it", () => {
    const secret = key("AKIA", "Q3EGRW7ZK5LMTYV2");
    const line = row("Which key?", `It is ${secret}.`);
    expect(contentProblems(parseDataset(line).records[0]!, () => line)[0]!.message).not.toContain(secret.slice(0, 8));
  });
});

describe("personal data", () => {
  test.each([
    "m.huber83@web.de", "ana.silva@uni-lisboa.pt", "+49 171 2298764", "+44 20 7946 0018", "(415) 867-2304", "212-736-5000", "DE44 5001 0517 5407 3249 31", "GB33BUKB20201555555555", "4539 1488 0343 6467", "81.169.145.92",
  ])("%s", (text) => expect(ask(`Write it to ${text} today.`)).toEqual([`personal-data: ${text}`]));

  test.each([
    "john.doe@gmail.com", "support@shop.de", "anna@example.com", "your.name@company.com", "icon@2x.png", "user@localhost", "git@github.com:a/b.git", "(415) 555-0123", "1-800-222-1222", "123-456-7890", "+1 234 567 8901 23456",
    "DE44 5001 0517 5407 3249 32", "4539 1488 0343 6468", "4111 1111 1111 1111", "4242424242424242", "192.168.1.20", "127.0.0.1", "8.8.8.8", "version 10.0.18.362", "1.2.3.4", "255.255.255.0", "3.14159265358979", "2,147,483,647", "ISBN 978-3-16-148410-0", "2023-10-05",
  ])("left alone: %s", (text) => expect(ask(`Write it to ${text} today.`)).toEqual([]));

  test("digits without groups are a card only beside a word that says so", () => {
    expect(ask("The card 4539148803436467 was used.")).toEqual(["personal-data: 4539148803436467"]);
    expect(ask("The number 4539148803436467 is odd.")).toEqual([]);
  });
  test("a social security number stands beside those words", () => expect(ask("SSN: 219-09-9998. Part 219-09-9998 is in stock.")).toEqual(["personal-data: 219-09-9998"]));
});

describe("what other assistants say", () => {
  test.each<[ProblemCode, string]>([
    ["ai-boilerplate", "As an AI language model, I cannot feel it, but here is a poem about rain."], ["ai-boilerplate", "It depends. I'm just an AI, so ask a doctor."], ["ai-boilerplate", "That was after my knowledge cutoff, so look it up."],
    ["refusal", "I'm sorry, but I cannot fulfill this request."], ["refusal", "I’m sorry, but I can’t assist with that."], ["refusal", "Unfortunately, I am unable to browse the internet."], ["refusal", "I cannot provide that information."],
    ["imitation", "I am ChatGPT, and I like maps."], ["imitation", "I was developed by OpenAI to answer questions."], ["imitation", "I'm a large language model trained by Google."], ["imitation", "That goes against OpenAI's content policy."],
  ])("%s: %s", (code, text) => expect(ask(text).map((one) => one.split(":")[0])).toContain(code));

  test.each([
    "I'm sorry, but I cannot come to your party on Friday.", "I'm sorry for the delay; the package will arrive soon.", "OpenAI released ChatGPT in November 2022.", "Claude Monet was a French painter.", "Alpacas live in Peru. Gemini is a star sign.",
    "An AI language model predicts the next word.", "The program is a model of clarity.", "I cannot recommend this book enough.", "As a teacher, I know the answer.", "I was trained by my father.",
  ])("left alone: %s", (text) => expect(ask(text)).toEqual([]));

  test("who is asked who he is may say it", () => expect(ask("I'm an AI language model.", "Who are you?")).toEqual([]));
  test("only trained text counts", () => expect(found('{"messages":[{"role":"user","content":"As an AI language model, I am ChatGPT"},{"role":"assistant","content":"Hello."}]}')).toEqual([]));
});

describe("leftovers", () => {
  test.each<[string, string]>([
    [row("Translate {sentence} into German, please.", "Das ist ein Haus."), "unfilled-template: {sentence}"], [row("Say hello to {{ user.name }}.", "Hello!"), "unfilled-template: {{ user.name }}"],
    [row("Name the capital of <insert a country>.", "Paris."), "unfilled-template: <insert a country>"], [row("Write a letter.", "Dear Sir,\n\nSincerely,\n[Your Name]"), "unfilled-template: [Your Name]"],
    [row("Quote it.", "It â€™s here."), "mojibake: â€™"], [row("Where?", "In the cafÃ© there."), "mojibake: Ã©"], [row("How warm?", "It is 20Â°C."), "mojibake: Â°"], [row("Who?", "ÐŸÐ° said so."), "mojibake: ÐŸ"],
  ])("%s", (line, expected) => expect(found(line)).toContain(expected));

  test.each([
    row("Write a Python format string.", 'print(f"Hello {name}")'), row("Write a template for a letter.", "Dear [Your Name],"), row("What is JSX?", "Use {name} => <b>{name}</b> there;"), row("Use LaTeX.", "\\frac{x}{y} and \\text{name}"),
    row("Portugal?", "SÃO PAULO É GRANDE. Não há Ângela; Åland, Ñandú, Çà et là."), row("Viet?", "Âm nhạc Việt Nam rất hay â và ê."), row("Set?", "The set {1, 2, 3} and the list [a, b]."), row("See [your account](http://a.b/c).", "Yes."),
  ])("left alone: %s", (line) => expect(codesOf(line).filter((code) => code === "unfilled-template" || code === "mojibake")).toEqual([]));
});

describe("languages", () => {
  const english = "The cat was sitting on the roof of the house and it would not come down for the food that they had put there.";
  test.each([
    ["English", english], ["German", "Die Katze saß auf dem Dach und wollte nicht herunterkommen, weil sie mit dem Hund der Nachbarn nicht sprechen will."], ["French", "Le chat est sur le toit et il ne veut pas descendre pour manger avec les autres dans la maison."],
    ["Spanish", "El gato está en el techo de la casa y no quiere bajar porque los perros son muy grandes para él."], ["Chinese", "猫坐在屋顶上，不想下来吃东西，因为狗在院子里。"], ["Japanese", "猫は屋根の上に座っていて、食べ物のために降りてきません。"],
    ["Korean", "고양이가 지붕 위에 앉아 있고 음식을 먹으러 내려오지 않습니다."], ["a Cyrillic language", "Кошка сидит на крыше и не хочет спускаться вниз к собаке."],
  ])("%s", (language, text) => expect(languageOf(text)).toBe(language));
  test.each(["ok", "Paris", "print(x) + 12", "1 plus 1 plus 1 plus 1 plus 1 plus 1 plus 1 plus 1", "Haus casa maison house"])("not sure: %s", (text) => expect(languageOf(text)).toBeUndefined());

  const german = "Die Katze sitzt auf dem Dach und will nicht herunterkommen, weil der Hund der Nachbarn auch mit im Garten ist.";
  const question = "Why was the cat sitting on the roof of the house, and what would it have done there?";
  test("an answer in another language", () => expect(codesOf(row(question, german))).toEqual(["language-mismatch"]));
  test.each([row(`${question} Answer in German.`, german), row("Translate this.", german, english), row(question, english), row(question, "Katze"), row("What does this text say of the cat that was there?", german, german)])("left alone: %s", (line) => expect(codesOf(line)).toEqual([]));
});

describe("degenerate answers", () => {
  test.each([["words", "and so on ".repeat(12)], ["lines", "- The Joe Rogan Experience\n".repeat(6)], ["one after a good beginning", `It begins well and has a sense of its own, as one can see. ${"Rick and Morty, ".repeat(8)}`]])("%s over and over", (_, text) => expect(ask(text.trim())[0]).toMatch(/^repeated-text/));
  test.each([`| a | b |\n|${"---|".repeat(30)}`, "=".repeat(200), "ha ha ha", Array.from({ length: 40 }, (_, number) => `line ${number * 7919 % 101}: value`).join("\n"), "1, 2, 3, ".repeat(3)])("left alone: %s", (text) => expect(ask(text.trim())).toEqual([]));
  test("who asks for repetition gets it", () => expect(ask("I will not talk. ".repeat(20).trim(), "Write 'I will not talk.' 20 times.")).toEqual([]));

  test("an answer that is the question", () => expect(codesOf(row("Why do birds fly south in winter?", "Why do birds fly south in winter?"))).toEqual(["output-repeats-input"]));
  test("an answer that is the input", () => expect(codesOf(row("Describe this painting.", "The Starry Night by Vincent van Gogh.", "The Starry Night by Vincent van Gogh"))).toEqual(["output-repeats-input"]));
  test.each([row("Correct the grammar.", "She goes to school every day.", "She goes to school every day."), row("Add the commas.", "I like apples, pears, and plums.", "I like apples pears and plums.")])("left alone: %s", (line) => expect(codesOf(line)).toEqual([]));

  const prose = "The quetzal was a bird of the cloud forests. It was hunted for its feathers. Its forests were cut down. People remember it still. It stands on coins.";
  test.each([`${prose} While it is no longer with us, its memory serves as a reminder of the importance of`, `${prose} And that, in the end, is what the story of this bird and of its forests will always mean to us,`])("cut off: %s", (text) => expect(ask(text)[0]).toMatch(/^unfinished-answer/));
  test.each([prose, `${prose}\n\nYours in hope and anticipation, Dracula`, `${prose}\n- one thing\n- another thing`, "a short answer without a stop and of", "def f(x):\n    return x and other_thing(x) or the_third_of_these_things(x) and the", `${prose} See https://example.com/a`])("left alone: %s", (text) => expect(ask(text)).toEqual([]));
});

describe("places", () => {
  test("through escapes, in both parts of an Alpaca question, and in chats", () => {
    expect(found('{"instruction":"Say \\"hi\\" to \\u00e4nne.kruse@posteo.de","output":"Hi"}')).toEqual([]); // Not an address in ASCII, and no half of one.
    expect(found('{"instruction":"Say \\"hi\\" to","input":"a\\tb: anne.kruse@posteo.de","output":"Hi"}')).toEqual(["personal-data: anne.kruse@posteo.de"]);
    expect(found('{"messages":[{"role":"user","content":[{"type":"text","text":"\\u201canne.kruse@posteo.de\\u201d"}]},{"role":"assistant","content":"Hi"}]}')).toEqual(["personal-data: anne.kruse@posteo.de"]);
  });
  test("five of a code in a row are enough", () => expect(ask(Array.from({ length: 9 }, (_, number) => `kim${number}.park@naver.com`).join(" and "))).toHaveLength(5));
});

test("never throws; spans lie inside the line; the same again for the same row", () => {
  const pieces = fc.constantFrom("As an AI language model, I ", "I am ChatGPT", "{name}", "{{x}}", "â€™", "Ã©", "kim.park@naver.com ", "sk-", "eyJ", "-----BEGIN", "+49 171 2298764", "4539 1488 0343 6467", "der die das ", "the of and ", "\n", "\"", "\\", "\ud83d", "🙂", "日本", "word ", "of", "[your", "]", "<insert x>", "1.2.3.4", "AKIA");
  const text = fc.array(fc.oneof(pieces, fc.string({ unit: "binary" }), fc.string()), { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(fc.property(fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 4 }), (rows) => {
    const parsed = parseDataset(rows.map(([a, b, c]) => row(`a${a}`, `b${b}`, c)).join("\n"));
    const checks = new ContentChecks();
    const once = checks.of(parsed);
    for (const { line, span } of once) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(parsed.lines[line]!.text.length);
    }
    expect(checks.of(parsed)).toEqual(once);
  }), { numRuns: 300 });
});

test("edited rows are looked at again, moved ones keep their problems on their new line", () => {
  const checks = new ContentChecks();
  const [good, bad] = [row("Name a fruit.", "Apple."), row("Who?", "I am ChatGPT.")];
  const lines = (text: string): [number, string][] => checks.of(parseDataset(text)).map(({ line, code }) => [line, code]);
  expect(lines(`${bad}\n${good}`)).toEqual([[0, "imitation"]]);
  expect(lines(`${good}\n${good}\n${bad}\n${bad}`)).toEqual([[2, "imitation"], [3, "imitation"]]);
  expect(lines(`${good}\n${row("Who?", "I am Anna.")}`)).toEqual([]);
});

test("conversations over several rows: only those with an edited message are looked at again, and all say what a fresh look says", () => {
  const node = (id: number, parent: number | null, text: string): string => JSON.stringify({ message_id: String(id), parent_id: parent === null ? null : String(parent), text, role: parent === null ? "prompter" : "assistant" });
  const rows = Array.from({ length: 20 }, (_, number) => [node(number * 2, null, `Who are you, number ${number}?`), node(number * 2 + 1, number * 2, "I am ChatGPT.")]).flat();
  const checks = new ContentChecks();
  const before = checks.of(parseDataset(rows.join("\n")));
  expect(before).toHaveLength(20);
  const edited = [...rows];
  edited[5] = node(5, 4, "I am Anna.");
  const after = checks.of(parseDataset(edited.join("\n")));
  expect(after).toEqual(new ContentChecks().of(parseDataset(edited.join("\n"))));
  expect(after.map((problem) => before.includes(problem))).toEqual(after.map(() => true));
  expect(after).toHaveLength(19);
  const moved = `${node(90, null, "Hello?")}\n${edited.join("\n")}`;
  expect(checks.of(parseDataset(moved))).toEqual(new ContentChecks().of(parseDataset(moved)));
  const asked = [node(0, null, "Who are you, really?"), ...edited.slice(1)].join("\n");
  expect(checks.of(parseDataset(asked))).toEqual(new ContentChecks().of(parseDataset(asked)));
});
