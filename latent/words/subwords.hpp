#pragma once
// The character n-grams of a word, as fastText takes and hashes them.

#include <cstdint>
#include <string_view>
#include <vector>

namespace latent::words {

/// FNV-1a, 32 bits, as fastText computes it: each byte is taken as a signed number first, so that bytes of 128 and more
/// differ from the published hash.
uint32_t fasttext_hash(std::string_view bytes);

/// The buckets of a word's n-grams, in fastText's order: rows 0 ... buckets - 1 of the part of a matrix that belongs to
/// n-grams. The word stands between '<' and '>'; a lone '<' or '>' is no n-gram; characters are those of UTF-8. An
/// n-gram that is there twice has its bucket there twice. Empty for max_n = 0 and for "</s>", fastText's end of a
/// sentence.
/// @throws std::invalid_argument for min_n < 1 where max_n > 0, max_n < min_n, or buckets < 1
/// Source: Bojanowski et al. 2017, arXiv:1607.04606; the hash and its order: fastText 0.9.2.
std::vector<int32_t> subword_buckets(std::string_view word, int min_n, int max_n, int64_t buckets);

}  // namespace latent::words
