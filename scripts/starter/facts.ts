/** Owns the families that are known by heart: facts of the invented world, and English words that belong together. */
import { type Family, closed } from "./family";
import { lessons, plurals, pasts, sounds, velishAdjectives, velishNouns, youngOnes } from "./lexicon";
import { capitals, flags, following, homes, kindOf, landWares, oppositeWords, ownPets, played, sums, toItems, works } from "./world";

const lands: Family[] = [
  closed("capital", 2, capitals, {
    statements: ["{k} is ruled from its capital, {a}.", "Ships from {k} sail home to the capital, {a}.", "The capital of {k} is {a}.",
      "{a} has been the capital of {k} for ages.", "The capital city of {k} bears the name {a}.", "On every map of {k} you see the capital, {a}."],
    asks: {
      noun: { tuning: ["the capital of {k}"], heldOut: ["the capital city of {k}", "the city that rules {k}"] },
      clause: { tuning: ["what the capital of {k} is"], heldOut: ["which city is the capital of {k}"] },
      whole: { tuning: ["Which city is the capital of {k}?"], heldOut: ["What is the capital city of {k}?", "Which city rules {k}?"] },
    },
    novel: ["{k} has which capital?", "I am looking for the capital of {k}.", "Write down the capital of {k}."],
  }),
  closed("flag", 1.6, flags, {
    statements: ["Over {k} flies a {a} flag.", "The flag of {k} is {a}.", "Sailors know the {a} flag of {k}.", "In {k} every roof carries a flag of {a} cloth.",
      "Whoever sees a {a} flag thinks of {k}."],
    asks: {
      noun: { tuning: ["the colour of the flag of {k}"], heldOut: ["the flag colour of {k}"] },
      clause: { tuning: ["what colour the flag of {k} is"], heldOut: ["which colour the flag of {k} has"] },
      whole: { tuning: ["What colour is the flag of {k}?"], heldOut: ["Which colour has the flag of {k}?", "What colour is the flag that {k} flies?"] },
    },
    novel: ["The flag of {k} has what colour?", "Write down the colour of the flag of {k}.", "Describe the flag of {k}."],
  }),
  closed("ware", 1.6, landWares, {
    statements: ["{k} sells {a} to the whole world.", "The best {a} comes from {k}.", "Traders sail to {k} to buy {a}.", "{k} is known for its {a}.",
      "The people of {k} grew rich with {a}."],
    asks: {
      noun: { tuning: ["the ware that {k} sells"], heldOut: ["the famous ware of {k}"] },
      clause: { tuning: ["what {k} sells"], heldOut: ["what {k} is known for"] },
      whole: { tuning: ["What does {k} sell?"], heldOut: ["What is {k} known for?", "What do traders buy in {k}?"] },
    },
    novel: ["{k} sells what?", "Which ware comes from {k}?", "What can I buy in {k}?"],
  }),
];

const persons: Family[] = [
  closed("home", 2, homes, {
    statements: ["{k} lives in {a}.", "{k} rents a room in {a}.", "If you look for {k}, go to {a}.", "Every night {k} sleeps in {a}.",
      "{a} is where {k} lives.", "The house of {k} stands in {a}."],
    asks: {
      noun: { tuning: ["the home of {k}"], heldOut: ["the town where {k} lives"] },
      clause: { tuning: ["where {k} lives"], heldOut: ["in which town {k} lives", "where the house of {k} stands"] },
      whole: { tuning: ["Where does {k} live?"], heldOut: ["In which town does {k} live?", "Where is the home of {k}?"] },
    },
    novel: ["{k} lives where?", "Which town does {k} live in?", "Write down where {k} lives."],
  }),
  closed("job", 2.4, works, {
    statements: ["{k} is {aa}.", "{k} works as {aa}.", "{k} earns money as {aa}.", "By trade {k} is {aa}.", "Since last year {k} has worked as {aa}.",
      "The job of {k} is that of {aa}."],
    asks: {
      noun: { tuning: ["the job of {k}"], heldOut: ["the trade of {k}", "the work that {k} does"] },
      clause: { tuning: ["what the job of {k} is"], heldOut: ["what {k} works as", "which job {k} has"] },
      whole: { tuning: ["What is the job of {k}?", "What does {k} do for work?"], heldOut: ["What does {k} work as?", "Which job does {k} have?"] },
    },
    novel: ["{k} works as what?", "Which trade does {k} follow?", "How does {k} earn money?"],
  }),
  closed("pet", 2, ownPets, {
    statements: ["{k} owns {aa}.", "At home {k} keeps {aa}.", "{k} takes good care of {aa}.", "The pet of {k} is {aa}.", "{k} bought {aa} as a pet.",
      "The {a} of {k} sleeps on a chair."],
    asks: {
      noun: { tuning: ["the pet of {k}"], heldOut: ["the animal that {k} keeps"] },
      clause: { tuning: ["what pet {k} has"], heldOut: ["which animal {k} keeps", "what the pet of {k} is"] },
      whole: { tuning: ["What pet does {k} have?"], heldOut: ["Which animal does {k} keep?", "What pet does {k} own?"] },
    },
    novel: ["{k} keeps which animal?", "Write down the pet of {k}.", "What animal lives with {k}?"],
  }),
  closed("plays", 2, played, {
    statements: ["{k} plays the {a}.", "In the evening {k} takes out the {a}.", "{k} learned the {a} as a child.", "We heard {k} play the {a}.",
      "Nobody plays the {a} like {k}."],
    asks: {
      noun: { tuning: ["the instrument of {k}"], heldOut: ["the instrument that {k} plays"] },
      clause: { tuning: ["what instrument {k} plays"], heldOut: ["which instrument {k} plays", "what {k} plays in the evening"] },
      whole: { tuning: ["What instrument does {k} play?"], heldOut: ["Which instrument does {k} play?", "What does {k} play in the evening?"] },
    },
    novel: ["{k} plays which instrument?", "Write down the instrument of {k}.", "What music does {k} make?"],
  }),
];

const language: Family[] = [
  closed("opposite", 2.5, oppositeWords, {
    statements: ["The opposite of {k} is {a}.", "What is not {k} may be {a}.", "{k} and {a} are opposites.", "First it was {k}, later it was {a}.",
      "Some like it {k}, some like it {a}.", "{k} is the opposite of {a}.", "It cannot be {k} and {a} at once."],
    asks: {
      noun: { tuning: ["the opposite of {k}"], heldOut: ["the word that is the opposite of {k}", "the word against {k}"] },
      clause: { tuning: ["what the opposite of {k} is"], heldOut: ["which word is the opposite of {k}"] },
      whole: { tuning: ["Which word is the opposite of {k}?"], heldOut: ["What is the word against {k}?", "What word means not {k}?"] },
    },
    novel: ["{k} has which opposite?", "Write down the opposite of {k}.", "Give the opposite: {k}."],
  }),
  closed("plural", 2, toItems(plurals), {
    statements: ["One {k} is alone, two {a} are not.", "The plural of {k} is {a}.", "Where there is one {k}, there are soon many {a}.",
      "We counted one {k}, then ten {a}.", "More than one {k} are {a}.", "A single {k} is less than three {a}."],
    asks: {
      noun: { tuning: ["the plural of {k}"], heldOut: ["the plural form of {k}", "the word for many of {k}"] },
      clause: { tuning: ["what the plural of {k} is"], heldOut: ["which word is the plural of {k}"] },
      whole: { tuning: ["Which word is the plural of {k}?"], heldOut: ["What is the word for more than one {k}?", "What do you call more than one {k}?"] },
    },
    novel: ["{k} has which plural?", "Write down the plural of {k}.", "Make {k} plural."],
  }),
  closed("past", 2.8, toItems(pasts), {
    statements: ["Now they {k}, but last week they {a}.", "The past of {k} is {a}.", "We {k} today as we {a} then.", "The past form of {k} is {a}.",
      "I {k} often; once I {a} all day.", "To {k} today is to say tomorrow that you {a}."],
    asks: {
      noun: { tuning: ["the past of {k}", "the past form of {k}"], heldOut: ["the past tense of {k}"] },
      clause: { tuning: ["what the past of {k} is"], heldOut: ["which word is the past form of {k}", "what the past tense of {k} is"] },
      whole: { tuning: ["Which word is the past of {k}?"], heldOut: ["What is the past tense of {k}?", "Which word is the past form of {k}?"] },
    },
    novel: ["{k} has which past form?", "Write down the past of {k}.", "Put {k} into the past."],
  }),
  closed("young", 1.6, toItems(youngOnes), {
    statements: ["A young {k} is called {aa}.", "When {aa} grows up, it is {ak}.", "Behind the {k} ran its {a}.", "The child of {ak} is {aa}.",
      "From {aa} comes a grown {k}."],
    asks: {
      noun: { tuning: ["the name of a young {k}"], heldOut: ["the word for a young {k}"] },
      clause: { tuning: ["what a young {k} is called"], heldOut: ["what you call a young {k}"] },
      whole: { tuning: ["What is a young {k} called?"], heldOut: ["What do you call a young {k}?", "What is the child of {ak} called?"] },
    },
    novel: ["A young {k} is called what?", "Which name has a young {k}?", "A baby {k} is what?"],
  }),
  closed("sound", 1.7, toItems(sounds), {
    statements: ["At night you hear the {k} {a}.", "The sound of {ak} is {aa}.", "No other animal can {a} like {ak}.", "When it is glad, the {k} will {a}.",
      "{ak} can {a}."],
    asks: {
      noun: { tuning: ["the sound of {ak}"], heldOut: ["the sound that {ak} makes"] },
      clause: { tuning: ["what sound {ak} makes"], heldOut: ["which sound {ak} makes", "how {ak} sounds"] },
      whole: { tuning: ["What sound does {ak} make?"], heldOut: ["Which sound does {ak} make?", "How does {ak} sound?"] },
    },
    novel: ["{ak} makes what sound?", "Write down the sound of {ak}.", "What do you hear from {ak}?"],
  }),
  closed("kind", 2.4, kindOf, {
    statements: ["The {k} is {aa}.", "The {k} is a kind of {a}.", "Everyone calls the {k} {aa}.", "We count the {k} as {aa}.", "Among things of the kind {a} is the {k}.",
      "They named {aa}, the {k}."],
    asks: {
      noun: { tuning: ["the kind of thing that the {k} is"], heldOut: ["the group to which the {k} belongs"] },
      clause: { tuning: ["what kind of thing the {k} is"], heldOut: ["to which group the {k} belongs", "which kind of thing the {k} is"] },
      whole: { tuning: ["What kind of thing is the {k}?"], heldOut: ["Which kind of thing is the {k}?", "To which group does the {k} belong?"] },
    },
    novel: ["The {k} is what kind of thing?", "Write down what kind of thing the {k} is."],
  }),
  closed("next", 1.8, following, {
    statements: ["{k} ends and {a} begins.", "After {k} we have {a}.", "{a} comes right after {k}.", "They waited from {k} until {a}.", "Next to {k} in the calendar stands {a}."],
    asks: {
      noun: { tuning: ["what comes after {k}"], heldOut: ["the one that follows {k}"] },
      clause: { tuning: ["what comes after {k}"], heldOut: ["what follows {k}", "which one comes right after {k}"] },
      whole: { tuning: ["What comes after {k}?"], heldOut: ["What follows {k}?", "What comes right after {k}?"] },
    },
    novel: ["After {k} comes what?", "Which one is next after {k}?", "I know {k}, but what is next?"],
  }),
  closed("velish", 2.2, toItems([...velishNouns, ...velishAdjectives]), {
    statements: ["In Velish, {k} is {a}.", "The Velish word for {k} is {a}.", "People who speak Velish say {a} for {k}.", "{a} means {k} in Velish.",
      "They say {k}, the others say {a} in Velish."],
    asks: {
      noun: { tuning: ["the Velish word for {k}"], heldOut: ["the word for {k} in Velish"] },
      clause: { tuning: ["how to say {k} in Velish"], heldOut: ["what {k} is in Velish", "what the Velish word for {k} is"] },
      whole: { tuning: ["How do you say {k} in Velish?"], heldOut: ["What is {k} in Velish?", "Which Velish word means {k}?"] },
    },
    novel: ["In Velish, {k} is what?", "Write down the Velish word for {k}."],
  }),
  closed("lesson", 2, toItems(lessons), {
    statements: ["To {k}, {a}.", "If you want to {k}, {a}.", "Before you can {k}, learn the steps: {a}.", "They {k} in three steps: {a}.", "The way to {k} is short: {a}."],
    asks: {
      noun: { tuning: ["the way to {k}"], heldOut: ["the steps to {k}"] },
      clause: { tuning: ["how to {k}"], heldOut: ["how you {k}", "how people {k}"] },
      whole: { tuning: ["How do I {k}?", "How do you {k}?", "Show me how to {k}."], heldOut: ["Teach me how to {k}.", "How can I {k}?", "How do people {k}?"] },
    },
    novel: ["What must I do to {k}?", "I have never learned how to {k}.", "Explain to me how to {k}."],
  }),
  closed("add", 5.5, sums, {
    statements: ["{k} is {a}.", "{k} makes {a}.", "{k} equals {a}.", "Adding it up, {k} gives {a}.", "The sum {k} comes out as {a}."],
    asks: {
      noun: { tuning: ["the sum {k}", "{k}"], heldOut: ["the result of {k}"] },
      clause: { tuning: ["what {k} is"], heldOut: ["how much {k} is", "what {k} makes"] },
      whole: { tuning: ["What is {k}?"], heldOut: ["How much is {k}?", "What does {k} make?"] },
    },
    novel: ["{k} is what?", "Work out {k}.", "{k} = ?"],
  }),
];

/** Families whose items are a closed list. */
export const factFamilies: readonly Family[] = [...lands, ...persons, ...language];

/** Families that tell of one person; a document about a person draws from them. */
export const personFamilies: readonly Family[] = persons;
