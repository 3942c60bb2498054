#include <cli/words.hpp>

#include <cli/options.hpp>
#include <cli/train_flags.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace latent::cli {

namespace {

constexpr int64_t kMostValue = std::numeric_limits<int32_t>::max();

}  // namespace

void WordsFlags::declare_common(Arguments& arguments) {
  arguments
      .add_option("--tokens", tokens,
                  "what a word is: whitespace (what stands between spaces) or unicode (letters "
                  "and digits, without punctuation)")
      ->type_name("RULE")
      ->group("Text");
  arguments
      .add_option("--sentences", sentences,
                  "what a sentence is: lines, or auto (up to a full stop; lines may break "
                  "anywhere)")
      ->type_name("RULE")
      ->group("Text");
  arguments.add_option("--min-count", options.min_count, "leave out words that are met less often")
      ->type_name("N")
      ->check(whole_number(1, kMostValue))
      ->group("Text")
      ->show_default();
  arguments.add_option("--max-words", options.max_words, "keep the N most frequent words (default: all)")
      ->type_name("N")
      ->check(whole_number(1, kMostValue))
      ->group("Text");
  arguments
      .add_option("--memory", memory,
                  "what training may take, such as 2G: checked before it starts (default: what "
                  "the system allows)")
      ->type_name("BYTES");
  arguments
      .add_option("--epochs,--iter", epochs,
                  "times that the text, or of glove the pairs, are gone through (default: 5; of glove 15)")
      ->type_name("N")
      ->check(whole_number(1, 1'000'000));
  arguments.add_option("--lr,--alpha", lr, "learning rate at the beginning (default: 0.025; of cbow and glove 0.05)")
      ->type_name("RATE")
      ->check(number(0.0, Bound::open));
  arguments
      .add_option("--min-lr,--min-alpha", options.embedding.min_lr, "learning rate at the end; it falls in a line")
      ->type_name("RATE")
      ->check(number(0.0, Bound::closed))
      ->show_default();
  arguments
      .add_option("--threads", threads, "threads to compute with; the result does not depend on them (default: all)")
      ->type_name("N")
      ->check(whole_number(1, kMostValue));
  declare_save_every(arguments, save_every);
  declare_seed(arguments, options.embedding.seed, "seed of first vectors, windows and noise");
}

void WordsFlags::declare_model(Arguments& arguments) {
  words::EmbeddingOptions& embedding = options.embedding;
  const auto whole = [&](const char* names, auto& value, const char* text, int64_t low, int64_t high) {
    arguments.add_option(names, value, text)
        ->type_name("N")
        ->check(whole_number(low, high))
        ->group("Model")
        ->show_default();
  };
  arguments
      .add_option(
          "--method", method,
          "skipgram (a word predicts its neighbours), cbow (they predict the word) or glove (from counts of pairs)")
      ->type_name("NAME")
      ->group("Model")
      ->show_default();
  whole("--dim,--size,--vector-size", embedding.dim, "numbers of a vector", 1, 4096);
  arguments.add_option("--window,--ws", window, "neighbours on each side, at most (default: 5; of glove 10)")
      ->type_name("N")
      ->check(whole_number(1, 100))
      ->group("Model");
  arguments
      .add_option("--x-max", x_max,
                  "glove: pairs that are met less often weigh less (default: 10; from 100 million words on, 100)")
      ->type_name("COUNT")
      ->check(number(0.0, Bound::open))
      ->group("Model");
  arguments
      .add_option("--weight-power", weight_power,
                  "glove: ... by their share of --x-max to this power, the paper's alpha (default: 0.75)")
      ->type_name("POWER")
      ->check(number(0.0, Bound::closed, 1.0, Bound::closed))
      ->group("Model");
  arguments.add_option("--negative,--neg", negative, "draws of noise for each pair (default: 5)")
      ->type_name("N")
      ->check(whole_number(1, 100))
      ->group("Model");
  arguments
      .add_option("--shift", embedding.shift,
                  "taken off the products of vectors that tell neighbours from noise (default: log of --negative, plus "
                  "1, for texts up to 4 million words, falling to 0, word2vec's, at 10 million)")
      ->type_name("NUMBER")
      ->check(number(-20.0, Bound::closed, 20.0, Bound::closed))
      ->group("Model");
  arguments.add_flag("--hs", embedding.hierarchical_softmax, "hierarchical softmax in place of draws of noise");
  arguments
      .add_option("--sample", sample,
                  "words with a larger share of the text are left out now and then; 0: none (default: 0.001)")
      ->type_name("SHARE")
      ->check(number(0.0, Bound::closed))
      ->group("Model");
  arguments.add_option("--ns-exponent", ns_exponent, "noise is drawn by count to this power (default: 0.75)")
      ->type_name("POWER")
      ->check(number(-1.0, Bound::closed, 1.0, Bound::closed))
      ->group("Model");
  whole("--min-n,--minn", embedding.min_n,
        "characters of the shortest n-grams, where --max-n is given (default then: 3)", 0, 100);
  whole("--max-n,--maxn", embedding.max_n, "characters of the longest n-grams, as in fastText (6 is usual); 0: none", 0,
        100);
  whole("--buckets,--bucket", embedding.buckets, "rows that n-grams share", 1, 1'000'000'000);
  arguments.add_flag("--lowercase", options.tokenizer.lowercase, "make all letters small");
  arguments
      .add_option("--phrases", options.phrases.passes,
                  "join words that often stand together (new_york): passes over "
                  "the text, each of which may double the length")
      ->type_name("N")
      ->check(whole_number(0, 10))
      ->group("Text")
      ->show_default();
  arguments
      .add_option("--phrase-threshold", options.phrases.threshold,
                  "score from which words are joined, as in word2phrase")
      ->type_name("SCORE")
      ->check(number(0.0, Bound::closed))
      ->group("Text")
      ->show_default();
}

// What would be taken without a word and change nothing is refused.
void WordsFlags::check_meaning() const {
  const bool is_glove = options.method == WordsMethod::glove;
  const auto refuse = [](bool given, const char* option, const char* what) {
    if (given) throw UsageError(fmt::format("{} {}", option, what));
  };
  if (is_glove || options.embedding.hierarchical_softmax) {
    const char* what = "belongs to draws of noise, which neither --hs nor --method glove has";
    refuse(negative.has_value(), "--negative", what);
    refuse(options.embedding.shift.has_value(), "--shift", what);
    refuse(ns_exponent.has_value(), "--ns-exponent", what);
  }
  if (is_glove)
    return refuse(sample.has_value(), "--sample", "has no meaning for --method glove, which counts all words");
  refuse(x_max.has_value(), "--x-max", "belongs to --method glove");
  refuse(weight_power.has_value(), "--weight-power", "belongs to --method glove");
}

WordsOptions WordsFlags::taken() {
  if (threads) {
    ComputeOptions compute;
    compute.threads = threads;
    compute.apply();
  }
  words::EmbeddingOptions& embedding = options.embedding;
  options.method = words_method_from(method);
  if (!tokens.empty()) options.tokenizer.words = text::word_rule_from(tokens);
  if (!sentences.empty()) options.tokenizer.sentences = text::sentence_rule_from(sentences);
  if (lr) embedding.lr = *lr;
  const bool is_glove = options.method == WordsMethod::glove;
  embedding.epochs = epochs.value_or(is_glove ? 15 : 5);
  embedding.window = window.value_or(is_glove ? 10 : 5);
  if (is_glove && (embedding.hierarchical_softmax || embedding.max_n > 0))
    throw UsageError("--method glove has neither n-grams nor hierarchical softmax", "--method skipgram has both.");
  check_meaning();
  if (negative) embedding.negative = *negative;
  if (sample) embedding.sample = *sample;
  if (ns_exponent) embedding.ns_exponent = *ns_exponent;
  if (x_max) options.x_max = *x_max;
  if (weight_power) options.alpha = *weight_power;
  if (embedding.max_n > 0 && embedding.min_n == 0) embedding.min_n = std::min(3, embedding.max_n);
  if (embedding.max_n == 0 && embedding.min_n > 0)
    throw UsageError("--min-n without --max-n", "--max-n 6 takes n-grams of up to six characters.");
  if (embedding.min_n > embedding.max_n)
    throw UsageError(fmt::format("--min-n {} is more than --max-n {}", embedding.min_n, embedding.max_n));
  if (!memory.empty()) options.memory = parse_bytes(memory);
  options.check();
  return options;
}

}  // namespace latent::cli
