#include <latent/formats/cifar.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

namespace latent {

namespace {

constexpr size_t kPixelBytes = size_t{3} * 32 * 32;

// CIFAR-10 has one label byte; CIFAR-100 has two, the coarse class before the fine one.
struct Variant {
  size_t label_bytes;
  uint8_t first_limit, last_limit;  ///< labels are below
  size_t record_bytes() const { return label_bytes + kPixelBytes; }
};
constexpr Variant kCifar10 = {1, 10, 10};
constexpr Variant kCifar100 = {2, 20, 100};

// Where the first record with a wrong label begins; nullopt if there is none.
std::optional<size_t> wrong_label(std::span<const std::byte> bytes, const Variant& variant) {
  for (size_t at = 0; at < bytes.size(); at += variant.record_bytes()) {
    const auto first = static_cast<uint8_t>(bytes[at]),
               last = static_cast<uint8_t>(bytes[at + variant.label_bytes - 1]);
    if (first >= variant.first_limit || last >= variant.last_limit) return at;
  }
  return std::nullopt;
}

// The variant that the size allows; where both are possible, the one whose labels fit.
std::optional<Variant> variant_of(std::span<const std::byte> bytes) {
  const bool ten = !bytes.empty() && bytes.size() % kCifar10.record_bytes() == 0;
  const bool hundred = !bytes.empty() && bytes.size() % kCifar100.record_bytes() == 0;
  if (ten && hundred) return wrong_label(bytes, kCifar10) ? kCifar100 : kCifar10;
  if (ten) return kCifar10;
  if (hundred) return kCifar100;
  return std::nullopt;
}

}  // namespace

bool is_cifar(std::span<const std::byte> bytes) {
  const auto variant = variant_of(bytes);
  return variant && !wrong_label(bytes, *variant);
}

bool may_be_cifar(std::span<const std::byte> head) {
  const auto labels_fit = [&](const Variant& variant) {
    const size_t whole = head.size() / variant.record_bytes() * variant.record_bytes();
    return whole > 0 && !wrong_label(head.first(whole), variant);
  };
  return labels_fit(kCifar10) || labels_fit(kCifar100);
}

CifarBatch read_cifar(std::span<const std::byte> bytes, const std::string& path) {
  const auto variant = variant_of(bytes);
  if (!variant) {
    throw DataError(path, static_cast<int64_t>(bytes.size()),
                    fmt::format("not a CIFAR batch: {} bytes are no whole number of records of {} or {}", bytes.size(),
                                kCifar10.record_bytes(), kCifar100.record_bytes()));
  }
  if (const auto at = wrong_label(bytes, *variant)) {
    throw DataError(path, static_cast<int64_t>(*at), "not a CIFAR batch: a label is out of range");
  }
  const size_t count = bytes.size() / variant->record_bytes();
  CifarBatch batch;
  batch.images = Tensor::empty({static_cast<int64_t>(count), 3, 32, 32}, DType::u8);
  auto* image = batch.images.data<uint8_t>();
  for (size_t i = 0; i < count; ++i, image += kPixelBytes) {
    const std::byte* const record = &bytes[i * variant->record_bytes()];
    batch.labels.push_back(static_cast<int64_t>(record[variant->label_bytes - 1]));
    std::memcpy(image, record + variant->label_bytes, kPixelBytes);
  }
  return batch;
}

}  // namespace latent
