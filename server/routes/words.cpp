// words/nearest, words/analogy: questions to word vectors.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/models/word_embedding.hpp>
#include <latent/words/model_words.hpp>
#include <latent/words/queries.hpp>

namespace latent::server {

namespace {

Json near_json(const words::WordQueries& queries, const std::vector<words::NearWord>& found) {
  Json all = Json::array();
  for (const words::NearWord& near : found) {
    all.push_back({{"id", near.id}, {"word", queries.words().vocabulary.word(near.id)}, {"cosine", near.cosine}});
  }
  return all;
}

std::string word_of(const Request& request, const char* name) {
  constexpr size_t kLongest = 200;
  const std::string word = request.text(name);
  if (word.empty() || word.size() > kLongest) throw HttpError(400, std::string(name) + ": a word expected");
  return word;
}

}  // namespace

void add_word_routes(const Services& services) {
  constexpr int64_t kMost = 1000;
  if (!services.session.is_words()) return;
  const auto& model = dynamic_cast<const WordEmbedding&>(services.session.model());
  const auto queries = std::make_shared<const words::WordQueries>(words::words_of(model.tables(), model.ngrams()));
  services.add("GET", "words/nearest", [queries](const Request& request) {
    const int64_t k = request.whole("k", 10, 1, kMost);
    return json_response(near_json(*queries, queries->nearest(word_of(request, "q"), k)));
  });
  services.add("GET", "words/analogy", [queries](const Request& request) {
    const int64_t k = request.whole("k", 10, 1, kMost);
    return json_response(
        near_json(*queries, queries->analogy(word_of(request, "a"), word_of(request, "b"), word_of(request, "c"), k)));
  });
}

}  // namespace latent::server
