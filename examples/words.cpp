// Learns word vectors from a small text that is made here, asks them questions, and writes them for other programs.
//
// Usage: example_words FOLDER
// Prints:
//   24 words of 16 dimensions
//   near to berlin: vienna rome madrid ...
//   does not belong: green
//   FOLDER/words.vec: for gensim, fastText and everything else that reads word2vec's text

#include <latent/run/words/words_training.hpp>
#include <latent/words/files/vector_file.hpp>
#include <latent/words/queries.hpp>

#include <latent/core/rng.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>

namespace {

// Sentences whose words are all animals, all colours, all cities or all verbs.
void write_sentences(const std::filesystem::path& path) {
  const std::vector<std::vector<const char*>> groups = {{"cat", "dog", "horse", "cow", "sheep", "bird"},
                                                        {"red", "blue", "green", "yellow", "black", "white"},
                                                        {"berlin", "paris", "rome", "london", "madrid", "vienna"},
                                                        {"walk", "run", "jump", "swim", "fly", "climb"}};
  latent::Rng rng(0);
  std::ofstream file(path);
  for (int sentence = 0; sentence < 3000; ++sentence) {
    const auto& group = groups[rng.below(groups.size())];
    for (int word = 0; word < 8; ++word) file << group[rng.below(group.size())] << ' ';
    file << '\n';
  }
}

void learn(const std::filesystem::path& folder) {
  const std::filesystem::path text = folder / "sentences.txt", run = folder / "words";
  write_sentences(text);
  latent::WordsOptions options;
  options.embedding = {.dim = 16, .window = 3, .sample = 0.0};
  const latent::text::Corpus corpus(latent::text::TextSources({text.string()}), options.tokenizer);

  std::filesystem::create_directories(run);
  latent::WordsTraining training(run, options, corpus, latent::read_words(corpus, options), nullptr, 30.0);
  training.run([](const latent::WordsProgress&) {}, std::atomic<bool>(false));
  const latent::words::WordQueries queries(training.finish());

  const latent::words::WordVectors& words = queries.words();
  std::printf("%d words of %d dimensions\nnear to berlin:", static_cast<int>(words.size()),
              static_cast<int>(words.dim()));
  for (const latent::words::NearWord& near : queries.nearest("berlin", 5))
    std::printf(" %s", std::string(words.vocabulary.word(near.id)).c_str());
  const std::vector<std::string> group = {"cat", "dog", "green", "horse"};
  const auto cosines = latent::words::cosines_with_mean(words, group);
  const auto odd = std::min_element(cosines.begin(), cosines.end()) - cosines.begin();
  std::printf("\ndoes not belong: %s\n", group[static_cast<size_t>(odd)].c_str());

  const std::filesystem::path vectors = folder / "words.vec";
  latent::words::write_vectors(vectors, words, latent::words::VectorFormat::word2vec);
  std::printf("%s: for gensim, fastText and everything else that reads word2vec's text\n", vectors.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: example_words FOLDER\n");
    return 2;
  }
  learn(argv[1]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
