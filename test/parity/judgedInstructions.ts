/** 175 instructions drawn at random from real files and judged by eye: the record's number, the root verb, the direct noun object. "-": it asks with no verb. The texts stay where they are. */

export const judged: Readonly<Record<string, readonly string[]>> = {
  "stanford_alpaca/alpaca_5000.json": [
    "2070 rewrite / list", "2669 pick / name", "1616 write / paper", "1970 categorize / website", "1582 generate / list", "942 name / digit", "2394 respond",
    "3901 design / system", "4570 print", "1948 generate / argument", "1191 cite / advantage", "4553 create / dialogue", "4101 pick / sentence", "19 generate / list",
    "2293 write / algorithm", "232 suggest / task", "4072 look / result", "1414 help", "1566 describe / atmosphere", "4155 explain", "3183 identify / use",
    "1498 have / type", "2715 give / example", "2633 describe", "960 classify / sentence", "714 -", "4513 change / sentence", "2132 identify / tone",
    "4374 identify / figure", "3847 write / description", "1679 provide / explanation", "1848 appraise / impact", "1570 compose / question", "588 identify / type",
    "663 generate / sentence", "1639 analyze / implication", "4588 embody / phrase", "3585 -", "4876 pump / blood", "4413 generate / title", "625 write / post",
    "817 give / example", "1737 reword / sentence", "2694 -", "718 change / sentence", "777 name / innovation", "4725 design / outfit", "3778 create / phrase",
    "649 edit / text", "4407 suggest / method", "872 write / review", "2227 outline / strategy", "3643 explain", "4522 generate / list", "995 describe / advantage",
    "2878 outline / pros", "4339 suggest / title", "461 remove / consonant", "3310 identify / state", "4771 explain", "4961 imagine", "4349 write / code",
    "2030 create / question", "1795 generate / conversation", "4691 compute / factor", "3868 generate / description", "3298 construct / sentence", "1133 solve / equation",
    "3148 -", "104 write / script", "287 look / fact", "427 describe / case", "4061 generate / list", "323 create / poem", "2933 generate / instruction",
    "3545 rewrite / sentence", "965 analyze / poem", "2097 identify / coordinate", "4128 create / list", "4610 complete / analogy",
  ],
  "self-instruct/user_oriented_instructions.jsonl": [
    "176 answer / question", "125 make / sound", "14 read / doc", "166 classify / question", "120 give / tip", "210 convert / text", "177 recommend / activity",
    "167 choose / title", "24 write / template", "37 give / description", "76 suggest / acronym", "135 think of / quote", "23 design / questioner",
    "4 come up with / synonym", "215 suggest / bundle", "124 answer / question", "234 predict", "90 evaluate / answer", "208 make / list", "192 list / concept",
    "106 come up with / course", "147 write / quote", "0 rewrite / sentence", "15 calculate / column", "203 list / song",
  ],
  "self-instruct/seed_tasks.jsonl": [
    "123 make", "37 replace / comment", "6 brainstorm / list", "2 generate / description", "61 fill / mask", "22 find / subset", "119 expand / outline", "29 compose",
    "99 give / description", "121 create / budget", "26 link / entity", "34 give / suggestion", "170 select / sentence", "66 replace / token", "53 return / word",
    "169 identify / category", "41 generate / expression", "42 tell", "38 come up with / synonym", "172 detect", "12 explain / behavior", "59 write / story",
    "128 generate / continent", "97 rewrite / sentence", "147 rank / country",
  ],
  "gpteacher/roleplay-simple-deduped-roleplay-instruct.json": [
    "1458 take on / role", "1499 roleplay", "1231 narrate", "854 offer / guidance", "1002 explain / routine", "1037 say", "548 imagine", "1225 describe / observation",
    "1718 believe", "1813 explain / importance", "211 conduct", "965 describe / impression", "1273 present / counter-offer", "849 state / remark", "604 offer / advice",
    "1107 describe / adaptation", "565 assume / role", "589 -", "929 take / role", "1789 describe / ingredient",
  ],
  "open-assistant/en_100_tree.jsonl": [
    "123 give / split", "7 -", "420 provide / explanation", "335 provide / evidence", "42 -", "20 -", "545 -", "90 explain / restrainer", "3 protect / eye", "51 run",
    "467 -", "64 tell", "350 create / scraper", "133 -", "48 extract / text", "281 act", "107 give / script", "488 -", "252 -", "188 explain", "306 create / extension",
    "534 write / letter", "366 work", "266 -", "550 become",
  ],
};
