#pragma once
// What the library has to say beside a result; it never prints.

#include <string>
#include <vector>

namespace latent {

/// One sentence without a full stop.
struct Remark {
  std::string text;
  bool is_warning = false;  ///< whether the result may not be what was meant
};

}  // namespace latent
