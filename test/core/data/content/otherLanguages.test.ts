/** What another assistant left behind in other languages than English, and texts about such things that are left alone. Questions are in the answer's language, so that the check for languages has nothing to say. */
import { describe, expect, test } from "vitest";
import { contentProblems } from "../../../../src/core/data/content/contentProblems";
import { otherLanguages } from "../../../../src/core/data/content/otherLanguages";
import { parseDataset } from "../../../../src/core/data/parse";

const codesOf = (output: string, instruction: string): string[] => {
  const line = JSON.stringify({ instruction, output });
  return contentProblems(parseDataset(line).records[0]!, () => line).map(({ code, span }) => {
    expect(line.slice(span.start, span.end).trim()).not.toBe("");
    return code;
  }).filter((code) => ["ai-boilerplate", "refusal", "imitation"].includes(code));
};

interface Samples { readonly ask: string; readonly speaks: readonly string[]; readonly refuses: readonly string[]; readonly imitates: readonly string[]; readonly fine: readonly string[] }

const samples: Record<string, Samples> = {
  Chinese: {
    ask: "请告诉我最好的电影。", speaks: ["作为一个人工智能语言模型，我没有个人喜好。", "我只是一个语言模型，不过《活着》很受欢迎。", "身为AI助手，我会列出三部。"], refuses: ["很抱歉，我无法提供该信息。", "对不起，作为语言模型，我不能评价。", "我无法回答这个问题。"],
    imitates: ["你好，我是ChatGPT，很高兴认识您。", "我是由百度公司开发的助手。", "我叫通义千问。"], fine: ["语言模型是自然语言处理的核心技术，例如GPT-4由OpenAI开发。", "作为一个学生，我喜欢看电影。", "抱歉让您久等了，这里是三部电影。", "人工智能正在改变我们的生活。"],
  },
  Spanish: {
    ask: "Dime la mejor película del año.", speaks: ["Como modelo de lenguaje, no tengo gustos propios.", "Como una inteligencia artificial, no puedo ver películas, pero ésta gustó.", "Soy solo un asistente virtual."], refuses: ["Lo siento, pero no puedo ayudarte con eso.", "Lamentablemente, no tengo acceso a esos datos.", "No puedo proporcionar esa información."],
    imitates: ["Hola, soy ChatGPT, encantado.", "Fui creado por OpenAI el año pasado."], fine: ["Un modelo de lenguaje calcula qué palabra sigue; como todo modelo, comete errores.", "Lo siento mucho por tu pérdida.", "La inteligencia artificial de Google reconoce imágenes.", "Como profesor, no puedo elegir una sola."],
  },
  Portuguese: {
    ask: "Diga-me o melhor filme do ano.", speaks: ["Como um modelo de linguagem, não tenho preferências.", "Sou apenas uma inteligência artificial."], refuses: ["Desculpe, mas não posso ajudar com isso.", "Infelizmente, não tenho acesso a esses dados.", "Não posso fornecer essa informação."],
    imitates: ["Olá, sou o ChatGPT.", "Fui desenvolvido pela OpenAI."], fine: ["Um modelo de linguagem prevê a próxima palavra.", "Sinto muito pela sua perda.", "A inteligência artificial muda a indústria do cinema."],
  },
  French: {
    ask: "Dis-moi le meilleur film de l'année.", speaks: ["En tant que modèle de langage, je n'ai pas de goûts.", "En tant qu'intelligence artificielle, je ne regarde pas de films.", "Je suis une IA, mais voici une liste.", "Je ne suis qu’un assistant virtuel."], refuses: ["Je suis désolé, mais je ne peux pas vous aider.", "Malheureusement, je ne dispose pas de ces données.", "Je ne peux pas répondre à cette question."],
    imitates: ["Bonjour, je suis ChatGPT.", "J'ai été créé par OpenAI."], fine: ["Un modèle de langage prédit le mot suivant.", "Je suis désolé pour votre perte.", "L'intelligence artificielle de Google joue au go.", "En tant que parent, je choisirais celui-ci."],
  },
  German: {
    ask: "Nenne mir den besten Film des Jahres.", speaks: ["Als KI-Sprachmodell habe ich keine Vorlieben.", "Als künstliche Intelligenz kann ich keine Filme sehen.", "Ich bin nur ein Sprachmodell, doch dieser gefiel vielen.", "Ich bin eine KI."], refuses: ["Es tut mir leid, aber ich kann das nicht beantworten.", "Leider habe ich keine Informationen dazu.", "Ich kann dir dabei nicht helfen."],
    imitates: ["Hallo, ich bin ChatGPT.", "Ich wurde von OpenAI entwickelt."], fine: ["Als Sprachmodell bezeichnet man ein Programm, das Wörter vorhersagt.", "Künstliche Intelligenz ist ein Teilgebiet der Informatik.", "Leider regnet es heute.", "Ich kann nicht schwimmen, sagte der Hund.", "Es tut mir leid, dass du krank bist."],
  },
  Italian: { ask: "Dimmi il film migliore dell'anno.", speaks: ["In quanto modello linguistico, non ho preferenze.", "Sono solo un'intelligenza artificiale."], refuses: ["Mi dispiace, ma non posso aiutarti con questo.", "Purtroppo non ho accesso a questi dati."], imitates: ["Ciao, sono ChatGPT.", "Sono stato sviluppato da OpenAI."], fine: ["Un modello linguistico prevede la parola successiva.", "Mi dispiace per la tua perdita."] },
  Dutch: { ask: "Noem de beste film van het jaar.", speaks: ["Als AI-taalmodel heb ik geen voorkeuren.", "Ik ben slechts een taalmodel."], refuses: ["Het spijt me, maar ik kan die vraag niet beantwoorden."], imitates: ["Hallo, ik ben ChatGPT."], fine: ["Een taalmodel voorspelt het volgende woord.", "Helaas regent het vandaag."] },
  Polish: { ask: "Podaj najlepszy film roku.", speaks: ["Jako model językowy, nie mam upodobań.", "Jestem tylko modelem językowym."], refuses: ["Przepraszam, ale nie mogę na to odpowiedzieć."], imitates: ["Cześć, jestem ChatGPT."], fine: ["Model językowy przewiduje następne słowo.", "Niestety pada deszcz."] },
  Turkish: { ask: "Yılın en iyi filmini söyle.", speaks: ["Bir yapay zeka dil modeli olarak film izleyemiyorum.", "Ben sadece bir dil modeliyim."], refuses: ["Üzgünüm, bu konuda yardımcı olamam."], imitates: ["Merhaba, ben ChatGPT.", "OpenAI tarafından geliştirilen bir sistemim."], fine: ["Dil modeli bir sonraki sözcüğü tahmin eder.", "Maalesef bugün yağmur yağıyor."] },
  Indonesian: { ask: "Sebutkan film terbaik tahun ini.", speaks: ["Sebagai model bahasa AI, saya tidak memiliki selera.", "Saya hanyalah model bahasa."], refuses: ["Maaf, saya tidak dapat membantu dengan hal itu."], imitates: ["Halo, saya adalah ChatGPT."], fine: ["Model bahasa menebak kata berikutnya.", "Sayangnya hari ini hujan."] },
  Vietnamese: { ask: "Hãy cho tôi biết bộ phim hay nhất năm.", speaks: ["Là một mô hình ngôn ngữ, tôi không có sở thích.", "Tôi chỉ là một trợ lý ảo."], refuses: ["Xin lỗi, tôi không thể giúp việc đó."], imitates: ["Xin chào, tôi là ChatGPT."], fine: ["Mô hình ngôn ngữ dự đoán từ tiếp theo.", "Rất tiếc hôm nay trời mưa."] },
  Russian: {
    ask: "Назови лучший фильм года.", speaks: ["Как языковая модель, я не имею предпочтений.", "Я всего лишь искусственный интеллект.", "Я — языковая модель, но вот список."], refuses: ["К сожалению, я не могу ответить на этот вопрос.", "Извините, но я не имею доступа к этим данным."],
    imitates: ["Привет, я ChatGPT.", "Меня разработала компания OpenAI."], fine: ["Языковая модель предсказывает следующее слово.", "К сожалению, сегодня идёт дождь.", "Искусственный интеллект меняет мир.", "Я люблю кино."],
  },
  Japanese: {
    ask: "今年いちばんの映画を教えてください。", speaks: ["AI言語モデルとして、私は映画を見ません。", "私はAIですので、好みはありません。", "人工知能である私には感情がありません。"], refuses: ["申し訳ありませんが、その質問にはお答えできません。", "残念ながら、その情報は提供できません。"],
    imitates: ["こんにちは、私はChatGPTです。", "OpenAIによって開発されました。"], fine: ["言語モデルは次の単語を予測します。", "AIとして知られる技術は急速に発展しています。", "申し訳ありませんが、少々お待ちください。"],
  },
  Korean: {
    ask: "올해 최고의 영화를 알려 주세요.", speaks: ["AI 언어 모델로서, 저는 취향이 없습니다.", "저는 인공지능이기 때문에 영화를 보지 않습니다."], refuses: ["죄송합니다, 그 질문에는 답변할 수 없습니다.", "죄송하지만 해당 정보를 제공할 수 없습니다."],
    imitates: ["안녕하세요, 저는 ChatGPT입니다.", "저는 OpenAI에서 개발한 비서입니다."], fine: ["언어 모델은 다음 단어를 예측합니다.", "죄송합니다, 늦었습니다.", "인공지능은 세상을 바꾸고 있습니다."],
  },
  Arabic: {
    ask: "أخبرني عن أفضل فيلم هذا العام.", speaks: ["بصفتي نموذجًا لغويًا، لا أملك تفضيلات.", "أنا مجرد نموذج لغوي."], refuses: ["عذرًا، لا أستطيع المساعدة في ذلك.", "آسف، لا يمكنني تقديم هذه المعلومات."],
    imitates: ["مرحبا، أنا ChatGPT."], fine: ["النموذج اللغوي يتوقع الكلمة التالية.", "للأسف الجو ممطر اليوم.", "الذكاء الاصطناعي يغير العالم."],
  },
  Hindi: {
    ask: "इस साल की सबसे अच्छी फ़िल्म बताओ।", speaks: ["एक एआई भाषा मॉडल के रूप में, मेरी कोई पसंद नहीं है।", "मैं केवल एक AI भाषा मॉडल हूँ।"], refuses: ["मुझे खेद है, मैं इसमें मदद नहीं कर सकता।", "क्षमा करें, मैं यह जानकारी नहीं दे सकता।"],
    imitates: ["नमस्ते, मैं ChatGPT हूँ।"], fine: ["भाषा मॉडल अगले शब्द का अनुमान लगाता है।", "मुझे खेद है कि आप बीमार हैं।"],
  },
};

test("every language of the table is tried", () => expect(Object.keys(samples).sort()).toEqual(otherLanguages.map(({ language }) => language).sort()));

describe.each(Object.entries(samples))("%s", (_, { ask, speaks, refuses, imitates, fine }) => {
  test.each(speaks)("speaks of itself: %s", (text) => expect(codesOf(text, ask)).toContain("ai-boilerplate"));
  test.each(refuses)("refuses: %s", (text) => expect(codesOf(text, ask)).toContain("refusal"));
  test.each(imitates)("speaks as another: %s", (text) => expect(codesOf(text, ask)).toContain("imitation"));
  test.each(fine)("left alone: %s", (text) => expect(codesOf(text, ask)).toEqual([]));
});

// A pattern that goes back over the text again and again takes minutes here.
test.each(otherLanguages)("$language: long texts do not take for ever", ({ speaks, refuses, imitates, hints }) => {
  const text = `${hints.join(" ")} ${"a".repeat(50)}, `.repeat(400);
  for (const pattern of [speaks, refuses, ...imitates.map((one) => new RegExp(one.replaceAll("NAME", "X"), "gu"))]) {
    const start = performance.now();
    void [...text.matchAll(new RegExp(pattern.source, "gu"))];
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});

test("who asks for it is answered: a person's name for the model is no imitation", () => {
  expect(codesOf("Ich bin ein Sprachmodell und heiße Tuna.", "Wer bist du?")).toEqual([]);
  expect(codesOf("我是一个人工智能助手。", "你是谁？")).toEqual([]);
  expect(codesOf("Я ChatGPT.", "Ты ChatGPT?")).toEqual([]);
});
