import { assert, assertEquals } from "@std/assert";
import { simulator } from "../../src/testing/simulator/simulator.ts";
import { answerReview } from "../../examples/_lexicon/answer_review.ts";
import { answerTo, say } from "../testing/simulator/client.ts";

const lexicon = () => simulator({ respond: answerReview });

const SENTIMENT = "Label the sentiment of this review as positive, negative or neutral.";
const SUMMARY = "Summarise this review in at most 12 words.";
const CATEGORY = "Name the product category of this review, one of: " +
  "electronics, kitchen, clothing, books, toys, other.";

Deno.test("reads the sentiment of texts in many languages, and of emoji", async () => {
  await using sim = lexicon();
  const reviews: [string, string][] = [
    ["I love this phone, the battery lasts for ever.", "positive"],
    ["Terrible blender, it broke after two days.", "negative"],
    ["It is a cable. It is black.", "neutral"],
    ["Not good at all.", "negative"],
    ["I don't like it.", "negative"],
    ["I like it.", "positive"],
    ["No problems so far, works great.", "positive"],
    ["Great idea, but it stopped working and support was useless.", "negative"],
    ["Das Kleid ist wunderschön und passt perfekt.", "positive"],
    ["Nicht gut, nach einer Woche kaputt.", "negative"],
    ["Ce livre est magnifique, je le recommande.", "positive"],
    ["Je ne recommande pas ces chaussures, mauvaise qualité.", "negative"],
    ["Me encanta el sonido, muy bueno.", "positive"],
    ["No me gusta, se rompió el primer día.", "negative"],
    ["Ottimo coltello, lo consiglio.", "positive"],
    ["Pessimo, non funziona, soldi buttati.", "negative"],
    ["Adorei, produto excelente.", "positive"],
    ["Péssima qualidade, chegou quebrado.", "negative"],
    ["このイヤホンは音質が素晴らしいです。", "positive"],
    ["すぐ壊れた。最悪です。", "negative"],
    ["非常喜欢，质量好。", "positive"],
    ["质量差，很失望。", "negative"],
    ["الهاتف رائع وأنصح به", "positive"],
    ["المنتج سيء ومكسور", "negative"],
    ["यह किताब बहुत अच्छी है", "positive"],
    ["बहुत खराब, पैसे बेकार गए", "negative"],
    ["👍", "positive"],
    ["❤️❤️", "positive"],
    ["😡", "negative"],
    ["5/5", "positive"],
    ["1 star", "negative"],
    ["", "neutral"],
    ["   \n ", "neutral"],
    ["null", "neutral"],
  ];
  for (const [review, expected] of reviews) {
    assertEquals(await say(sim, `Review: ${review}`, SENTIMENT), expected, review);
  }
});

Deno.test("the instruction may stand in the system message or in front of the review", async () => {
  await using sim = lexicon();
  const review = "I love it, great summary of the category";
  assertEquals(await say(sim, review, SENTIMENT), "positive");
  assertEquals(await say(sim, `${SENTIMENT}\n\nReview: ${review}`), "positive");
  assertEquals(await say(sim, `${SENTIMENT} ${review}`), "positive");
  assertEquals(await say(sim, `Review: ${review}`, `You are helpful. ${SENTIMENT}`), "positive");
  const parts = [{ type: "text", text: "Review: " }, { type: "text", text: review }];
  assertEquals(await say(sim, parts, SENTIMENT), "positive");
});

Deno.test("a summary is the first clause of at least 3 words, up to the word limit", async () => {
  await using sim = lexicon();
  const summary = (review: string, prompt = SUMMARY) => say(sim, `Review: ${review}`, prompt);
  assertEquals(
    await summary("Wow! The battery lasts for ever. I use it daily."),
    "The battery lasts for ever",
  );
  const long = await summary(
    "one two three four five six seven eight nine ten eleven, twelve thirteen fourteen",
  );
  assertEquals(long, "one two three four five six seven eight nine ten eleven, twelve");
  assertEquals(
    await summary("one two three four five", "Summarise in at most 3 words."),
    "one two three",
  );
  assertEquals(await summary("とても良いです。毎日使っています。"), "とても良いです");
  assertEquals(await summary("👍👍"), "👍👍");
  assert((await summary("")).length > 0);
  assert((await summary("...")).length > 0);
});

Deno.test("a category is one of those that the prompt lists", async () => {
  await using sim = lexicon();
  const reviews: [string, string][] = [
    ["The headphones have a great sound", "electronics"],
    ["Der Wasserkocher ist laut", "kitchen"],
    ["La chemise est trop petite", "clothing"],
    ["Una novela con personajes planos", "books"],
    ["子供がおもちゃで遊んでいます", "toys"],
    ["手机屏幕碎了", "electronics"],
    ["Hmm", "other"],
    ["", "other"],
  ];
  for (const [review, expected] of reviews) {
    assertEquals(await say(sim, `Review: ${review}`, CATEGORY), expected, review);
  }
  const product = "Product: Harkle Frying Pan\nReview: My son plays games on it";
  assertEquals(await say(sim, product, CATEGORY), "kitchen");
  const listed =
    "Classify this review. Choose one of:\n- Home & Kitchen\n- Books\n- Something else";
  assertEquals(await say(sim, "Review: a knife", listed), "Home & Kitchen");
  assertEquals(await say(sim, "Review: zzz", listed), "Something else");
});

Deno.test("a schema gets an object with its property", async () => {
  await using sim = lexicon();
  const labels = async (property: string, content: string) => {
    const { choices } = await answerTo(sim, {
      messages: [{ role: "system", content: SENTIMENT }, { role: "user", content }],
      response_format: {
        type: "json_schema",
        json_schema: { name: "x", schema: { properties: { [property]: { type: "string" } } } },
      },
    });
    return JSON.parse(choices[0].message.content);
  };
  assertEquals(await labels("label", "Review: It is awful"), { label: "negative" });
  assertEquals(await labels("mood", "Review: I love it"), { mood: "positive" });
});

Deno.test("unusual texts get an answer, too", async () => {
  await using sim = lexicon();
  const odd = [
    "\ud800",
    "\0",
    "a".repeat(200_000),
    "n't ".repeat(1000),
    "))((",
    "$&${x}",
    "constructor __proto__",
  ];
  for (const text of odd) {
    for (const prompt of [SENTIMENT, SUMMARY, CATEGORY, "?"]) {
      await say(sim, `Review: ${text}`, prompt);
    }
  }
});
