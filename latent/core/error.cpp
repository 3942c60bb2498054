#include <latent/core/error.hpp>

#include <cstring>

namespace latent {

namespace {
std::string data_error_line(const std::string& path, int64_t offset, const std::string& reason) {
  if (offset == DataError::kNoOffset) return fmt::format("{}: {}", path, reason);
  return fmt::format("{}: at byte {}: {}", path, offset, reason);
}
}  // namespace

DataError::DataError(std::string path, int64_t offset, std::string reason)
    : std::runtime_error(data_error_line(path, offset, reason)),
      path_(std::move(path)),
      offset_(offset),
      reason_(std::move(reason)) {}

IoError::IoError(const std::string& path, const std::string& action, int error_number)
    : std::runtime_error(fmt::format("{}: {}: {}", path, action, std::strerror(error_number))),
      error_number_(error_number) {}

namespace detail {
void throw_invalid_argument(const std::string& message) { throw std::invalid_argument(message); }
}  // namespace detail

}  // namespace latent
