#include <latent/data/detail/folder_parts.hpp>

#include <latent/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace latent::data {

namespace {

using Part = PlacedFile::Part;
using Rows = std::vector<size_t>;

enum class Role : uint8_t { train, validation, test };

std::optional<Role> role_of(std::string_view folder, bool usual_names) {
  if (!usual_names) {
    return folder == "train" ? std::optional(Role::train) : folder == "test" ? std::optional(Role::test) : std::nullopt;
  }
  std::string name(folder);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kSet = "set";
  if (name.ends_with(kSet)) {
    name.resize(name.size() - kSet.size());
    while (!name.empty() && (name.back() == '_' || name.back() == '-' || name.back() == ' ')) name.pop_back();
  }
  constexpr std::array<std::pair<std::string_view, Role>, 8> kRoles = {{{"train", Role::train},
                                                                        {"training", Role::train},
                                                                        {"test", Role::test},
                                                                        {"testing", Role::test},
                                                                        {"val", Role::validation},
                                                                        {"valid", Role::validation},
                                                                        {"validation", Role::validation},
                                                                        {"dev", Role::validation}}};
  const auto* found = std::ranges::find(kRoles, name, [](const auto& role) { return role.first; });
  return found == kRoles.end() ? std::nullopt : std::optional(found->second);
}

// Places files by the folders above them, from the outermost on.
class Placing {
 public:
  Placing(std::span<const std::string> names, const FolderPartsOptions& options)
      : names_(names), options_(options), depth_(names.size()) {
    parts_.files.resize(names.size());
    for (const std::string& name : names) {
      std::vector<std::string> folders;
      size_t begin = 0;
      for (size_t end = name.find('/'); end != std::string::npos; end = name.find('/', begin)) {
        folders.push_back(name.substr(begin, end - begin));
        begin = end + 1;
      }
      folders_.push_back(std::move(folders));
    }
  }

  FolderParts place() {
    Rows rows(names_.size());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    if (options_.usual_names) rows = look_through(std::move(rows));
    const auto groups = by_folder(rows);
    if (!take_parts(rows, groups)) train_ = rows;
    for (const Rows* part : {&train_, &test_}) {
      for (const size_t row : *part) parts_.files[row].label = folder_of(row);
    }
    if (options_.usual_names) {
      decide_classes();
    } else if (any_without_label(train_) || any_without_label(test_)) {
      clear_labels(train_);
      clear_labels(test_);
    }
    leave_out(outside_, "in none of the parts");
    leave_out(classless_, "outside the folders of classes");
    for (const size_t row : test_) {
      if (parts_.files[row].part != Part::left_out) parts_.files[row].part = Part::test;
    }
    parts_.has_test = !test_.empty();
    return std::move(parts_);
  }

 private:
  // The folder that a file lies in, below those that were looked through; empty for none.
  std::string folder_of(size_t row) const {
    return depth_[row] < folders_[row].size() ? folders_[row][depth_[row]] : "";
  }

  std::map<std::string, Rows> by_folder(const Rows& rows) const {
    std::map<std::string, Rows> groups;
    for (const size_t row : rows) {
      if (const std::string folder = folder_of(row); !folder.empty()) groups[folder].push_back(row);
    }
    return groups;
  }

  // "3 pictures"
  std::string number_of(const Rows& rows) const { return counted(static_cast<int64_t>(rows.size()), options_.what); }

  static bool are_most(size_t some, size_t all) { return 2 * some > all; }

  // Goes into a folder as long as there is only one, and other folders in it.
  Rows look_through(Rows rows) {
    for (;;) {
      auto groups = by_folder(rows);
      if (groups.size() != 1) return rows;
      Rows& inside = groups.begin()->second;
      const auto deeper =
          std::ranges::count_if(inside, [&](size_t row) { return depth_[row] + 1 < folders_[row].size(); });
      if (!are_most(inside.size(), rows.size()) || !are_most(static_cast<size_t>(deeper), inside.size())) return rows;
      if (inside.size() < rows.size()) {
        std::ranges::copy_if(rows, std::back_inserter(classless_), [&](size_t row) { return folder_of(row).empty(); });
      }
      for (const size_t row : inside) ++depth_[row];
      rows = std::move(inside);
    }
  }

  // Whether the folders are parts; then which files are in which.
  bool take_parts(const Rows& rows, const std::map<std::string, Rows>& groups) {
    std::set<Role> roles;
    for (const auto& [folder, inside] : groups) {
      if (const auto role = role_of(folder, options_.usual_names)) roles.insert(*role);
    }
    const bool has_test = roles.contains(Role::test);
    if (!roles.contains(Role::train) || roles.size() == 1) return false;
    std::set<size_t> placed;
    for (const auto& [folder, inside] : groups) {
      const auto role = role_of(folder, options_.usual_names);
      if (!role) continue;
      const bool is_test = *role == Role::test || (*role == Role::validation && !has_test);
      Rows& part = is_test ? test_ : train_;
      part.insert(part.end(), inside.begin(), inside.end());
      placed.insert(inside.begin(), inside.end());
      if (*role == Role::validation) {
        parts_.notes.push_back(is_test ? fmt::format("{}/ is the test part", folder)
                                       : fmt::format("{}/ ({}) joins the training part, as there is a test part, too",
                                                     folder, number_of(inside)));
      }
      enter(inside, *role);
    }
    std::ranges::sort(train_);
    std::ranges::sort(test_);
    if (options_.usual_names) {
      std::ranges::copy_if(rows, std::back_inserter(outside_), [&](size_t row) { return !placed.contains(row); });
    } else {
      for (const size_t row : rows) {
        if (!placed.contains(row)) parts_.files[row].part = Part::left_out;
      }
    }
    return true;
  }

  // Below a part's folder; train/train, as some archives unpack, is train.
  void enter(const Rows& inside, Role role) {
    for (const size_t row : inside) ++depth_[row];
    if (!options_.usual_names) return;
    const auto groups = by_folder(inside);
    const bool is_again = groups.size() == 1 && groups.begin()->second.size() == inside.size() &&
                          role_of(groups.begin()->first, true) == role;
    if (!is_again) return;
    for (const size_t row : inside) ++depth_[row];
  }

  bool any_without_label(const Rows& rows) const {
    return std::ranges::any_of(rows, [&](size_t row) { return parts_.files[row].label.empty(); });
  }
  void clear_labels(const Rows& rows) {
    for (const size_t row : rows) parts_.files[row].label.clear();
  }
  size_t labelled(const Rows& rows) const {
    return rows.size() - static_cast<size_t>(
                             std::ranges::count_if(rows, [&](size_t row) { return parts_.files[row].label.empty(); }));
  }

  // Leaves the files of a part that lie in no folder out, or takes its folders for none of classes.
  bool decide_classes(const Rows& rows, size_t fewest, const char* where) {
    const size_t count = labelled(rows);
    if (count == rows.size()) return true;
    std::set<std::string> classes;
    for (const size_t row : rows) classes.insert(parts_.files[row].label);
    classes.erase("");
    if (classes.size() < fewest || !are_most(count, rows.size())) {
      if (count > 0) {
        parts_.notes.push_back(fmt::format("{} of {} lie in no folder{}, so that folders are not taken for classes",
                                           rows.size() - count, number_of(rows), where));
      }
      clear_labels(rows);
      return false;
    }
    std::ranges::copy_if(rows, std::back_inserter(classless_),
                         [&](size_t row) { return parts_.files[row].label.empty(); });
    return true;
  }

  void decide_classes() {
    if (!options_.folders_are_classes) return;
    const bool trained = decide_classes(train_, 2, test_.empty() ? "" : " of the training part");
    if (test_.empty()) return;
    if (!trained) {
      if (labelled(test_) > 0) parts_.notes.emplace_back("the training part has no folders of classes: no labels");
      clear_labels(test_);
    } else if (!decide_classes(test_, 1, " of the test part") && labelled(test_) == 0) {
      parts_.notes.emplace_back("the test part has no folders of classes: its samples have no labels");
    }
  }

  void leave_out(const Rows& rows, const char* why) {
    if (rows.empty()) return;
    constexpr size_t kMostListed = 3;
    std::string list;
    for (size_t i = 0; i < rows.size(); ++i) {
      parts_.files[rows[i]] = {Part::left_out, ""};
      if (i < kMostListed) list += fmt::format("{}{}", i == 0 ? "" : ", ", names_[rows[i]]);
    }
    parts_.warnings.push_back(fmt::format("{} {} {} and {} left out: {}{}", number_of(rows),
                                          rows.size() == 1 ? "lies" : "lie", why, rows.size() == 1 ? "is" : "are", list,
                                          rows.size() > kMostListed ? ", ..." : ""));
  }

  std::span<const std::string> names_;
  const FolderPartsOptions& options_;
  std::vector<std::vector<std::string>> folders_;  // of each file
  std::vector<size_t> depth_;                      // how many of them were looked through
  Rows train_, test_, outside_, classless_;
  FolderParts parts_;
};

}  // namespace

FolderParts parts_of_folder(std::span<const std::string> names, const FolderPartsOptions& options) {
  return Placing(names, options).place();
}

}  // namespace latent::data
