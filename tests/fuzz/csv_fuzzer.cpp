#include <latent/formats/csv.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const latent::CsvTable table = latent::read_csv(bytes, "input");
    const auto rows = static_cast<size_t>(table.rows);
    const size_t columns = table.column_names.size();
    bool fits = rows > 0 && table.row_offsets.size() == rows;
    fits = fits && table.numbers.size() == columns && table.texts.size() == columns;
    for (size_t c = 0; fits && c < columns; ++c) fits = table.numbers[c].size() + table.texts[c].size() == rows;
    if (!fits) std::abort();
  });
}
