#include <latent/run/kinds/words_kind.hpp>

namespace latent {

std::string WordsKind::samples_text(const Shape& /*sample*/) const { return "words"; }

}  // namespace latent
