/**
 * Owns what another assistant leaves behind in languages other than English: the set phrases by which ChatGPT and its like speak of themselves and refuse. Data only; `phrases.ts` looks.
 * The phrases are those of translated and generated sets people tune on (Alpaca-GPT4 and ShareGPT in Chinese, Spanish, German, Portuguese, Russian, Japanese, Korean, Arabic, Hindi and others): each is a whole turn of
 * speech in the first person ("as a language model, I …"), so that texts about language models are left alone.
 */

export interface LanguagePhrases {
  readonly language: string;
  /** One of these stands in every text that `speaks` can fit: plain searches cost a tenth of a pattern. */
  readonly hints: readonly string[];
  /** Speaks of itself as a language model. */
  readonly speaks: RegExp;
  /** How a refusal begins; looked for at the beginning of an answer only. */
  readonly refuses: RegExp;
  /** Before a model's name, and before or after a maker's: "I am NAME", "I was made by NAME". `NAME` stands for the names. */
  readonly imitates: readonly string[];
  /** The question is who is speaking. */
  readonly asksWho: RegExp;
}

const START = "^[\\s\"'«„“*¡¿]*";
/** Not inside of a word; \b knows ASCII alone. */
const WORD = "(?<!\\p{L})";
const END = "(?!\\p{L})";

const entry = (language: string, hints: readonly string[], speaks: readonly string[], refuses: readonly string[], imitates: readonly string[], asksWho: string): LanguagePhrases => ({
  language, hints, imitates, speaks: new RegExp(speaks.map((one) => `(?:${one})`).join("|"), "gu"), refuses: new RegExp(`${START}(?:${refuses.join("|")})`, "iu"), asksWho: new RegExp(asksWho, "iu"),
});

const ZH_AI = "(?:由[^，。\\n]{0,20}的)?(?:大型|大)?(?:AI|人工智能|人工智慧|ＡＩ)?(?:语言模型|語言模型|助手|助理|机器人|機器人|聊天机器人|模型|程序|程式)";
const ES_AI = "(?:modelo (?:de lenguaje|lingüístico|de inteligencia artificial|de IA)|inteligencia artificial|asistente (?:de IA|virtual|de inteligencia artificial)|IA)";
const PT_AI = "(?:modelo (?:de linguagem|de inteligência artificial|de IA)|inteligência artificial|assistente (?:de IA|virtual|de inteligência artificial)|IA)";
const FR_AI = "(?:(?:grand )?modèle (?:de langage|de langue|linguistique|d'intelligence artificielle|d'IA)|intelligence artificielle|assistante? (?:IA|virtuel(?:le)?|d'IA)|IA)";
const DE_AI = "(?:(?:großes |reines )?(?:KI-)?Sprachmodell|KI(?:-(?:Modell|Assistent|System|Programm|Chatbot))?|[Kk]ünstliche Intelligenz|virtueller Assistent)";
const IT_AI = "(?:modello (?:linguistico|di linguaggio|di intelligenza artificiale)|intelligenza artificiale|assistente (?:virtuale|AI|IA)|IA|AI)";
const RU_AI = "(?:(?:большая |ИИ-)?(?:языковая модель)|модель искусственного интеллекта|искусственный интеллект|ИИ(?:-(?:помощник|ассистент|модель))?|виртуальный (?:помощник|ассистент))";
const JA_AI = "(?:AI|ＡＩ|人工知能|大規模)?(?:の)?(?:言語モデル|アシスタント|チャットボット)|AI|ＡＩ|人工知能";
const KO_AI = "(?:대규모 |AI |인공지능 |인공 지능 )?(?:언어 ?모델|어시스턴트|챗봇|비서)|AI|인공지능|인공 지능";
const AR_AI = "(?:نموذج(?:ًا|اً|ا)? (?:لغوي|للغة|لغة|ذكاء|لل?ذكاء)|ذكاء(?:ً|ًا|اً)? اصطناعي|مساعد(?:ًا|اً|ا)? (?:ذكاء|ذكي|افتراضي|لغوي))";
const HI_AI = "(?:(?:बड़ा |बड़े )?(?:AI|एआई|ए\\.?आई\\.?|कृत्रिम बुद्धिमत्ता)?(?: ?(?:भाषा मॉडल|लैंग्वेज मॉडल|मॉडल|सहायक|असिस्टेंट))|AI|एआई)";

export const otherLanguages: readonly LanguagePhrases[] = [
  entry("Chinese", ["语言模型", "語言模型", "人工智", "AI助", "AI 助", "机器人", "機器人", "AI模型", "AI程序"],
    [`(?:作为|作為|身为|身為)(?:一个|一個|一名|一款|一种|一種|您的|你的)?${ZH_AI}[^。！？\\n]{0,20}?[，,]\\s*(?:我|本人)`, `我(?:只|仅仅|僅僅)?(?:是|只是)(?:一个|一個|一名|一款|一种|一種)${ZH_AI}`, "我的(?:知识|训练数据|知識|訓練資料)(?:库)?(?:截止|更新至|只到)"],
    ["(?:很|非常|十分)?(?:抱歉|对不起|對不起|不好意思|遗憾|遺憾)(?:的是)?[，,。！!]?\\s*(?:但是?|不过|因为)?[，,]?\\s*(?:(?:作为|作為)[^，。\\n]{0,30}[，,])?\\s*(?:我|您)?(?:目前|暂时|并)?(?:无法|無法|不能|没有办法|沒有辦法|不会提供|没有能力)", "我(?:无法|無法|不能)(?:提供|回答|满足|滿足|完成|帮助|幫助|生成|协助|協助|执行|執行|访问|訪問|处理|支持|参与)"],
    ["我(?:是|叫|名叫|的名字是)(?:一个|一款)?(?:由[^，。\\n]{0,20}的)?\\s*NAME", "我(?:是|是由|由)[^。！？\\n]{0,20}NAME[^。！？\\n]{0,12}(?:开发|開發|训练|訓練|研发|研發|创建|創建|打造|推出|设计)"],
    "你是谁|您是谁|你是誰|你叫什么|你叫什麼|介绍(?:一下)?(?:你|您)|(?:你|您)的名字|谁(?:开发|创造|训练|制造|设计)了?(?:你|您)|你是(?:不是|一个|机器人|人类|真人|AI)|你能(?:思考|感觉)|扮演|假装|角色|对话|故事|剧本|對話"),
  entry("Spanish", ["modelo de lenguaje", "modelo lingüístico", "inteligencia artificial", "asistente virtual", "como IA", "Como IA", "una IA", "asistente de IA"],
    [`${WORD}[Cc]omo (?:un |una )?(?:gran )?${ES_AI}${END}[^.!?\\n]{0,60}?,\\s*(?:yo |no |mi |me |solo |puedo |carezco |tengo |estoy )`, `${WORD}[Ss]oy (?:solo |sólo |solamente |simplemente )?un[ao]? ${ES_AI}${END}`],
    ["(?:Lo siento(?: mucho)?|Lamentablemente|Desafortunadamente|Disculp[ae]|Lamento|Perdón|Me temo)[^.\\n]{0,80}?\\bno (?:puedo|tengo (?:acceso|la capacidad|información)|me es posible|soy capaz|estoy (?:programad|en condiciones|autorizad))", "No puedo (?:ayudar|proporcionar|cumplir|generar|responder|asistir|crear|ofrecer|realizar|acceder|participar|brindar)"],
    [`${WORD}(?:[Ss]oy|[Mm]e llamo|[Mm]i nombre es) NAME`, `${WORD}(?:[Ff]ui|[Hh]e sido|[Ss]oy)[^.!?\\n]{0,60}? (?:desarrollad|cread|entrenad|diseñad|programad)[oa] por NAME`],
    "qui[eé]n eres|c[oó]mo te llamas|tu nombre|pres[eé]ntate|qui[eé]n te (?:cre|entren|desarroll|hizo|program)|eres (?:un|una|humano|real)|finge|imagina que eres|personaje|di[aá]logo|poema|cuento|historia"),
  entry("Portuguese", ["modelo de linguagem", "inteligência artificial", "assistente virtual", "Como IA", "como IA", "uma IA", "assistente de IA"],
    [`${WORD}[Cc]omo (?:um |uma )?(?:grande )?${PT_AI}${END}[^.!?\\n]{0,60}?,\\s*(?:eu |não |meu |minha |posso |só |apenas |estou )`, `${WORD}(?:[Ee]u )?[Ss]ou (?:apenas |só |somente )?uma? ${PT_AI}${END}`],
    ["(?:Desculp[ae]|Sinto muito|Lamento|Infelizmente|Peço desculpas|Perdão)[^.\\n]{0,80}?\\bnão (?:posso|consigo|tenho (?:acesso|a capacidade|informações)|sou capaz|estou (?:programad|apt|autorizad))", "Não posso (?:ajudar|fornecer|cumprir|gerar|responder|criar|oferecer|realizar|acessar|participar)"],
    [`${WORD}(?:[Ss]ou o|[Ss]ou a|[Ss]ou|[Mm]e chamo|[Mm]eu nome é) NAME`, `${WORD}(?:[Ff]ui|[Ss]ou)[^.!?\\n]{0,60}? (?:desenvolvid|criad|treinad|projetad|programad)[oa] pel[ao] NAME`],
    "quem (?:é|e|és) (?:você|tu)|qual (?:é )?(?:o )?seu nome|como você se chama|apresente-se|quem (?:te |o )?(?:criou|treinou|desenvolveu|fez)|você é (?:um|uma|human|real)|finja|personagem|diálogo|poema|história"),
  entry("French", ["modèle de lang", "modèle linguistique", "intelligence artificielle", "assistant virtuel", "tant qu'IA", "une IA", "assistant IA", "modèle d'IA"],
    [`${WORD}[Ee]n tant qu(?:e |')(?:un |une )?${FR_AI}${END}[^.!?\\n]{0,60}?,\\s*(?:je |j'|mes |mon |ma )`, `${WORD}[Jj]e (?:ne )?suis (?:qu'|seulement |juste |simplement )?une? (?:simple )?${FR_AI}${END}`],
    ["(?:Je suis (?:vraiment |sincèrement )?désolée?|Désolée?|Je m'excuse|Malheureusement|Je regrette|Pardon|Toutes mes excuses)[^.\\n]{0,80}?\\bje (?:ne (?:peux|suis|dispose|saurais)|n'ai|n'ai pas)", "Je ne (?:peux|suis) pas (?:en mesure|vous aider|t'aider|répondre|fournir|aider|générer|créer|accéder|capable|autorisée?)"],
    [`${WORD}[Jj]e (?:suis|m'appelle) NAME`, `${WORD}(?:[Jj]'ai été|[Jj]e suis)[^.!?\\n]{0,60}? (?:développé|créé|entraîné|conçu|programmé)e? par NAME`],
    "qui es-tu|qui êtes-vous|(?:ton|votre) nom|t'appelles|vous appelez|présente-toi|présentez-vous|qui (?:t'a|vous a)|(?:es-tu|êtes-vous) (?:un|une|humain|réel)|imagine que tu|personnage|dialogue|poème|histoire"),
  entry("German", ["Sprachmodell", "ünstliche Intelligenz", "Als KI", "als KI", "eine KI", "ein KI-", "virtueller Assistent"],
    [`${WORD}[Aa]ls (?:ein |eine |reines |reine )?${DE_AI}${END}[^.!?\\n]{0,60}?\\s(?:kann|habe|bin|besitze|verfüge|darf|werde|weiß|stehe) (?:ich|mir)`, `${WORD}[Dd]a ich (?:nur |lediglich )?(?:ein |eine )?${DE_AI}${END}`, `${WORD}[Ii]ch bin (?:nur |lediglich |bloß |leider nur )?(?:ein|eine) ${DE_AI}${END}`],
    ["(?:Es tut mir (?:sehr |wirklich )?[Ll]eid|Tut mir [Ll]eid|Entschuldigung|Leider|Ich bedaure|Ich bedauere|Ich entschuldige mich|Verzeihung)[^.\\n]{0,60}?\\b(?:(?:kann|darf|habe|bin) ich|ich (?:kann|darf|habe|bin))\\b[^.\\n]{0,60}?\\b(?:nicht|keine?[nrms]?)\\b", "Ich kann (?:Ihnen |dir |diese |dieser |dabei |darauf |damit |hierbei )*(?:\\w+ )?(?:leider )?nicht (?:helfen|antworten|beantworten|weiterhelfen|bereitstellen|erstellen|erfüllen|behilflich)"],
    [`${WORD}(?:[Ii]ch bin|[Ii]ch heiße|[Mm]ein Name ist) NAME`, `${WORD}(?:[Ii]ch (?:wurde|bin)|wurde ich)[^.!?\\n]{0,40}? von NAME[^.!?\\n]{0,20}? (?:entwickelt|erstellt|trainiert|geschaffen|programmiert)`],
    "wer bist du|wer sind sie|wie hei(?:ß|ss)|dein name|ihr name|stell dich|stellen sie sich|wer hat dich|bist du (?:ein|eine|mensch|echt)|stell dir vor|rollenspiel|dialog|gedicht|geschichte"),
  entry("Italian", ["modello linguistico", "modello di linguaggio", "intelligenza artificiale", "assistente virtuale", "assistente AI"],
    [`${WORD}(?:[Ii]n quanto|[Cc]ome|[Ee]ssendo) (?:un |un'|una )?${IT_AI}${END}[^.!?\\n]{0,60}?,\\s*(?:io |non |il mio |la mia |posso )`, `${WORD}(?:[Ii]o )?[Ss]ono (?:solo |soltanto |semplicemente )?un(?:a |o |'| )${IT_AI}${END}`],
    ["(?:Mi dispiace|Purtroppo|Mi scuso|Sono spiacente|Spiacente)[^.\\n]{0,80}?\\bnon (?:posso|sono in grado|ho (?:accesso|la capacità|informazioni)|mi è possibile)", "Non posso (?:aiutar|fornire|rispondere|generare|creare|accedere|assister)"],
    [`${WORD}(?:[Ss]ono|[Mm]i chiamo|[Ii]l mio nome è) NAME`, `${WORD}[Ss]ono stat[oa][^.!?\\n]{0,60}? (?:sviluppat|creat|addestrat|progettat)[oa] da NAME`],
    "chi sei|come ti chiami|il tuo nome|presentati|chi ti ha|sei (?:un|una|umano|reale)|personaggio|dialogo|poesia|storia"),
  entry("Dutch", ["taalmodel", "kunstmatige intelligentie", "AI-assistent", "AI-model"],
    [`${WORD}[Aa]ls (?:een )?(?:groot )?(?:AI-)?(?:taalmodel|kunstmatige intelligentie|AI-(?:assistent|model)|AI)${END}[^.!?\\n]{0,60}?\\s(?:kan|heb|ben|beschik|mag) ik`, `${WORD}[Ii]k ben (?:slechts |maar |alleen )?een (?:groot )?(?:AI-)?(?:taalmodel|kunstmatige intelligentie|AI-(?:assistent|model))${END}`],
    ["(?:Het spijt me|Sorry|Helaas|Excuses)[^.\\n]{0,60}?\\b(?:kan ik|ik kan|ik heb|heb ik|ik ben|ben ik)\\b[^.\\n]{0,60}?\\b(?:niet|geen)\\b"],
    [`${WORD}(?:[Ii]k ben|[Ii]k heet|[Mm]ijn naam is) NAME`, `${WORD}[Ii]k (?:ben|werd)[^.!?\\n]{0,60}? (?:ontwikkeld|gemaakt|getraind) door NAME`],
    "wie ben je|wie bent u|hoe heet|je naam|uw naam|stel je voor|wie heeft (?:je|jou|u)|ben je een|personage|dialoog|gedicht|verhaal"),
  entry("Polish", ["model językowy", "modelem językowym", "sztuczna inteligencja", "sztuczną inteligencją", "sztucznej inteligencji"],
    [`${WORD}[Jj]ako (?:duży )?(?:model językowy|sztuczna inteligencja|asystent AI|model AI)${END}[^.!?\\n]{0,60}?,\\s*(?:nie |ja |mogę |moj)`, `${WORD}[Jj]estem (?:tylko |jedynie )?(?:dużym )?(?:modelem językowym|sztuczną inteligencją|asystentem AI|modelem (?:AI|sztucznej inteligencji))${END}`],
    ["(?:Przepraszam|Przykro mi|Niestety)[^.\\n]{0,80}?\\bnie (?:mogę|jestem w stanie|mam (?:dostępu|możliwości))"],
    [`${WORD}(?:[Jj]estem|[Nn]azywam się) NAME`, `${WORD}(?:[Zz]ostał[ae]m|[Jj]estem)[^.!?\\n]{0,60}? (?:stworzon|opracowan|wytrenowan)[yaem]+ przez NAME`],
    "kim jesteś|jak się nazywasz|jak masz na imię|przedstaw się|kto cię|czy jesteś|postać|dialog|wiersz|historia"),
  entry("Turkish", ["dil modeli", "yapay zeka", "yapay zekâ"],
    [`${WORD}[Bb]ir (?:yapay zek[aâ](?: dil modeli| asistanı| modeli)?|(?:büyük )?dil modeli) olarak[^.!?\\n]{0,80}(?:[ae]m[ıiuü]yorum|[ae]mam|[ae]mem|değilim|yok${END}|sahip değil)`, `${WORD}[Bb]en (?:sadece |yalnızca )?bir (?:yapay zek[aâ]|(?:büyük )?dil modeli)`],
    [`(?:Üzgünüm|Maalesef|Özür dilerim|Kusura bakmayın)[^.\\n]{0,80}?(?:[ae]m[ıiuü]yorum|[ae]mam${END}|[ae]mem${END}|sahip değilim|mümkün değil)`],
    [`${WORD}[Bb]en NAME`, "NAME tarafından (?:geliştirilen|eğitilen|oluşturulan|geliştirildim|eğitildim|oluşturuldum)"],
    "sen kimsin|siz kimsiniz|adın ne|adınız ne|kendini tanıt|seni kim|karakter|diyalog|şiir|hikaye"),
  entry("Indonesian", ["model bahasa", "kecerdasan buatan", "asisten virtual", "asisten AI"],
    [`${WORD}[Ss]ebagai (?:sebuah )?(?:model (?:bahasa|AI)(?: AI| besar)?|kecerdasan buatan|asisten (?:virtual|AI))${END}[^.!?\\n]{0,60}?,\\s*(?:saya|aku)`, `${WORD}[Ss]aya (?:hanyalah|hanya|adalah) (?:sebuah )?(?:model bahasa|kecerdasan buatan|asisten (?:virtual|AI))${END}`],
    ["(?:Maaf|Mohon maaf|Sayangnya|Saya minta maaf)[^.\\n]{0,60}?\\b(?:saya|kami) tidak (?:dapat|bisa|memiliki akses|mampu)"],
    [`${WORD}(?:[Ss]aya adalah|[Nn]ama saya) NAME`, `${WORD}[Ss]aya[^.!?\\n]{0,40}? (?:dikembangkan|dibuat|dilatih) oleh NAME`],
    "siapa (?:kamu|anda)|nama(?:mu| kamu| anda)|perkenalkan diri|siapa yang (?:membuat|mengembangkan)|karakter|dialog|puisi|cerita"),
  entry("Vietnamese", ["mô hình ngôn ngữ", "trí tuệ nhân tạo", "trợ lý ảo", "trợ lý AI"],
    [`${WORD}(?:[Ll]à|[Vv]ới tư cách là|[Nn]hư) một (?:mô hình ngôn ngữ|trí tuệ nhân tạo|trợ lý (?:ảo|AI))[^.!?\\n]{0,40}?,\\s*(?:tôi|mình)`, `${WORD}[Tt]ôi (?:chỉ )?là (?:một )?(?:mô hình ngôn ngữ|trí tuệ nhân tạo|trợ lý (?:ảo|AI))${END}`],
    ["(?:Xin lỗi|Rất tiếc|Tôi xin lỗi|Tôi rất tiếc)[^.\\n]{0,60}?tôi (?:không thể|không có (?:khả năng|quyền truy cập|thông tin)|chưa thể)"],
    [`${WORD}(?:[Tt]ôi là|[Tt]ên tôi là) NAME`, `${WORD}[Tt]ôi (?:được|là)[^.!?\\n]{0,40}?(?:phát triển|tạo ra|đào tạo|huấn luyện) bởi NAME`],
    "bạn là ai|tên (?:của )?bạn|giới thiệu (?:về )?(?:bản thân|bạn)|ai (?:đã )?tạo ra bạn|nhân vật|hội thoại|bài thơ|câu chuyện"),
  entry("Russian", ["языковая модель", "искусственный интеллект", "искусственного интеллекта", "ИИ", "виртуальный"],
    [`${WORD}(?:[Кк]ак|[Бб]удучи|[Яя]вляясь) ${RU_AI}${END}[^.!?\\n]{0,60}?,\\s*(?:я|мне|у меня|мои|моя)${END}`, `${WORD}[Яя] (?:всего лишь |просто |лишь )?[-–—]?\\s?(?:это )?(?:всего лишь |просто )?${RU_AI}${END}`],
    ["(?:К сожалению|Извините|Простите|Прошу прощения|Мне (?:очень )?жаль|Сожалею)[^.\\n]{0,60}?(?<!\\p{L})я (?:не (?:могу|имею|в состоянии|умею|способ)|пока не)", "Я не могу (?:помочь|предоставить|ответить|выполнить|создать|оказать|получить доступ)"],
    [`${WORD}(?:[Яя]|[Мм]еня зовут|[Мм]оё имя)\\s?[-–—]?\\s?NAME`, `${WORD}(?:[Мм]еня|[Яя])[^.!?\\n]{0,40}? (?:создал|создан|разработал|разработан|обучен|обучил)\\p{L}* (?:\\p{L}+ ){0,2}NAME`],
    "кто ты|кто вы|как (?:тебя|вас) зовут|тво[её] имя|представь(?:ся|тесь)|кто (?:тебя|вас)|ты (?:человек|робот|ии)|представь,? что|персонаж|диалог|стих|рассказ|сказк"),
  entry("Japanese", ["言語モデル", "人工知能", "AI", "ＡＩ", "アシスタント"],
    [`(?:${JA_AI})(?:である(?:私|わたし)|(?:として|ですので|なので|であるため)、?(?:私|わたし|個人的|感情|意見))`, `(?:私|わたし)は(?:単なる|ただの)?(?:${JA_AI})(?:です|であり|なので|ですので|のため)`],
    ["(?:大変|誠に)?(?:申し訳(?:ありません|ございません|ない)|すみません|すいません|残念ながら|ごめんなさい)(?:が|けど)?[^。\\n]{0,80}?(?:できません|出来ません|できかねます|いたしかねます|持っていません|ありませんので)"],
    ["(?:私|わたし|僕)(?:は|の名前は)[^。\\n]{0,10}NAME", "NAME(?:によって|が|に)(?:開発|作成|訓練|作ら|トレーニング)"],
    "あなたは(?:誰|だれ|何|AI|人間)|お?名前|自己紹介|誰が(?:作|開発)|キャラクター|台詞|セリフ|会話|物語|詩を|ロールプレイ"),
  entry("Korean", ["언어 모델", "언어모델", "인공지능", "인공 지능", "AI", "챗봇"],
    [`(?:${KO_AI})(?:으로서|로서|이기 때문에|이므로|이라서|라서),? ?(?:저는|나는|제가|개인적|감정)`, `(?:저는|나는|전) (?:단지 |그저 |단순한 )?(?:${KO_AI})(?:입니다|이에요|예요|이므로|이기 때문에|라서|로서)`],
    ["(?:죄송합니다|죄송하지만|유감스럽게도|미안하지만|안타깝게도|미안합니다)[^.\\n]{0,80}?(?:도와드릴|제공할|답변할|대답할|생성할|이해할|접근할|수행할|처리할|답할|작성할|제공해 드릴|알려드릴) 수(?:가)? 없"],
    ["(?:저는|나는|제 이름은|내 이름은) [^.\\n]{0,20}NAME", "NAME(?:에서|이|가|사가|에 의해) (?:개발|만든|만들어진|훈련|학습)"],
    "누구(?:세요|야|니|입니까|신가요)|이름이 뭐|이름은|자기소개|누가 (?:너를|당신을)|(?:너는|당신은) (?:사람|인간|로봇|AI)|캐릭터|대화|역할|이야기|시를"),
  entry("Arabic", ["نموذج", "ذكاء", "مساعد"],
    [`(?:بصفتي|باعتباري|كوني|بما أنني|لأنني)،? ?(?:مجرد )?${AR_AI}[^.!؟\\n]{0,60}?(?:،|,)? ?(?:لا|ليس|فإن|فأنا|أنا|لدي|يمكنني|لست)`, `ك${AR_AI}[^.!؟\\n]{0,40}?، ?(?:لا|ليس|أنا|يمكنني|لست)`, `(?:أنا|إنني|انا) (?:مجرد )?${AR_AI}`],
    ["(?:عذر[اًاَ]+|آسف|أنا آسف|اسف|أعتذر|نعتذر|للأسف|معذرة|المعذرة)[^.\\n]{0,80}?(?:لا (?:أستطيع|يمكنني|أملك|استطيع|أقدر)|لست (?:قادر|مخول)|ليس (?:لدي|بإمكاني)|غير قادر|لن أتمكن)"],
    ["(?:أنا|انا|اسمي) NAME", "(?:تم تطويري|تم تدريبي|طورتني|دربتني|تم إنشائي)[^.\\n]{0,30}NAME"],
    "من (?:أنت|انت)|ما (?:هو )?اسمك|عرف (?:بنفسك|عن نفسك)|من (?:صنعك|طورك|برمجك)|هل أنت|شخصية|حوار|قصيدة|قصة"),
  entry("Hindi", ["मॉडल", "एआई", "AI", "कृत्रिम", "असिस्टेंट"],
    [`(?:एक )?${HI_AI} (?:के रूप में|होने के नाते|के तौर पर)[^।!?\\n]{0,30}?,? ?(?:मैं|मेरे|मेरी|मुझे|मेरा)`, `मैं (?:केवल |सिर्फ |बस |मात्र )?एक ${HI_AI}(?: हूँ| हूं|,| और)`],
    ["(?:मुझे (?:खेद|माफ|अफ़?सोस)|माफ़? ?(?:कीजिए|करें|कीजिएगा|करना)|क्षमा (?:करें|कीजिए)|खेद है|दुर्भाग्य से|मैं क्षमा)[^।\\n]{0,80}?(?:नहीं (?:कर|दे|बता|लिख|पा) (?:सकत|रहा|रही)|असमर्थ|सक्षम नहीं|नहीं (?:कर )?पाऊ)"],
    ["(?:मैं|मेरा नाम) NAME", "NAME (?:द्वारा|ने) [^।\\n]{0,20}(?:विकसित|बनाया|प्रशिक्षित|निर्मित)"],
    "(?:तुम|आप) (?:कौन|क्या) (?:हो|हैं)|(?:तुम्हारा|आपका) नाम|अपना परिचय|किसने बनाया|क्या (?:तुम|आप) (?:इंसान|रोबोट|एआई)|पात्र|संवाद|कविता|कहानी"),
];
