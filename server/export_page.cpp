#include <server/export_page.hpp>

#include <server/assets/page.hpp>
#include <server/export_contents.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/formats/temporary.hpp>

namespace latent::server {

namespace {

constexpr std::string_view kPage = "/export.html", kMark = "<!--latent-export-->";

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? std::to_integer<uint32_t>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += k <= left ? kLetters[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string page_text() {
  for (const Asset& asset : assets()) {
    if (asset.path != kPage) continue;
    const std::vector<std::byte> bytes = gunzip(std::as_bytes(asset.gzip), std::string(kPage));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  throw UsageError("this program was built without its page, and an export is one: build it with Node and npm");
}

}  // namespace

bool has_page() {
  for (const Asset& asset : assets()) {
    if (asset.path == kPage) return true;
  }
  return false;
}

std::vector<Remark> export_page(const Explorer& explorer, const Run& run, const std::filesystem::path& path,
                                const std::optional<std::vector<std::string>>& maps) {
  const std::string page = page_text();
  const size_t mark = page.find(kMark);
  if (mark == std::string::npos) throw UsageError("the page of this program has no place for an export");
  const ExportContents contents = export_contents(explorer, run, maps);
  const Temporary folder(path, Temporary::Kind::folder);
  const std::filesystem::path blob = folder.path() / "export.safetensors";
  write_safetensors(blob, contents.tensors,
                    {{"latent.export", contents.header.dump(-1, ' ', false, Json::error_handler_t::replace)}});
  const FileContents bytes = FileContents::read(blob);
  const std::string text = base64(bytes.bytes());
  replace_file(path, [&](Sink& sink) {
    sink.write(std::string_view(page).substr(0, mark));
    sink.write(std::string_view("<script type=\"text/plain\" id=\"latent-export\">"));
    sink.write(std::string_view(text));
    sink.write(std::string_view("</script>"));
    sink.write(std::string_view(page).substr(mark + kMark.size()));
  });
  return contents.remarks;
}

}  // namespace latent::server
