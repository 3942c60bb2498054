#pragma once
// Texts in tables that commands write.

#include <string>
#include <string_view>

namespace latent::cli {

/// `text` as a cell of RFC 4180: in quotes, and its quotes doubled, where it holds a comma, a quote or a line break.
std::string csv_cell(std::string_view text);

}  // namespace latent::cli
