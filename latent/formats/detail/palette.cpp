#include <latent/formats/detail/palette.hpp>

#include <algorithm>
#include <limits>

namespace latent::detail {

namespace {

constexpr size_t kMaxColors = 256;
constexpr int kRefinements = 4;  // rounds of k-means; the first ones bring nearly all of the gain
constexpr int kCellBits = 6;     // bits of each channel that tell histogram cells apart
constexpr size_t kCells = size_t{1} << (3 * kCellBits);

size_t cell_of(const Color& color) {
  constexpr int kDropped = 8 - kCellBits;
  return static_cast<size_t>(color[0] >> kDropped) << (2 * kCellBits) |
         static_cast<size_t>(color[1] >> kDropped) << kCellBits | static_cast<size_t>(color[2] >> kDropped);
}

Color color_at(const uint8_t* planes, int64_t pixels, int64_t i) {
  return {planes[i], planes[pixels + i], planes[2 * pixels + i]};
}

int squared_distance(const Color& a, const Color& b) {
  int sum = 0;
  for (size_t c = 0; c < 3; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

size_t nearest_index(const std::vector<Color>& colors, const Color& color) {
  size_t best = 0;
  int best_distance = std::numeric_limits<int>::max();
  for (size_t i = 0; i < colors.size(); ++i) {
    const int distance = squared_distance(colors[i], color);
    if (distance < best_distance) {
      best = i;
      best_distance = distance;
    }
  }
  return best;
}

// All pixels of one histogram cell, as their mean colour.
struct Weighted {
  Color color{};
  int64_t count = 0;
};

// The distinct colours, sorted; more than kMaxColors only means "too many".
std::vector<Color> distinct_colors(const std::vector<Tensor>& frames) {
  std::vector<Color> colors;
  for (const Tensor& frame : frames) {
    const int64_t pixels = frame.dim(1) * frame.dim(2);
    const auto* planes = frame.data<uint8_t>();
    for (int64_t i = 0; i < pixels; ++i) {
      const Color color = color_at(planes, pixels, i);
      const auto place = std::lower_bound(colors.begin(), colors.end(), color);
      if (place != colors.end() && *place == color) continue;
      colors.insert(place, color);
      if (colors.size() > kMaxColors) return colors;
    }
  }
  return colors;
}

std::vector<Weighted> histogram(const std::vector<Tensor>& frames) {
  struct Sum {
    std::array<int64_t, 3> channels{};
    int64_t count = 0;
  };
  std::vector<Sum> cells(kCells);
  for (const Tensor& frame : frames) {
    const int64_t pixels = frame.dim(1) * frame.dim(2);
    const auto* planes = frame.data<uint8_t>();
    for (int64_t i = 0; i < pixels; ++i) {
      const Color color = color_at(planes, pixels, i);
      Sum& cell = cells[cell_of(color)];
      for (size_t c = 0; c < 3; ++c) cell.channels[c] += color[c];
      ++cell.count;
    }
  }
  std::vector<Weighted> colors;
  for (const Sum& cell : cells) {
    if (cell.count == 0) continue;
    Weighted entry{{}, cell.count};
    for (size_t c = 0; c < 3; ++c)
      entry.color[c] = static_cast<uint8_t>((cell.channels[c] + cell.count / 2) / cell.count);
    colors.push_back(entry);
  }
  return colors;
}

// A range of histogram entries that one colour is to stand for.
struct Box {
  size_t begin = 0, end = 0;
  size_t axis = 0;       // the channel in which it is widest
  double priority = -1;  // sum of squared deviations along that channel; negative if it cannot be cut
};

Box make_box(const std::vector<Weighted>& colors, size_t begin, size_t end) {
  Box box{begin, end};
  for (size_t c = 0; c < 3; ++c) {
    double count = 0, sum = 0, squares = 0;
    for (size_t i = begin; i < end; ++i) {
      const double value = colors[i].color[c], n = static_cast<double>(colors[i].count);
      count += n;
      sum += n * value;
      squares += n * value * value;
    }
    const double deviation = squares - sum * sum / count;
    if (end - begin > 1 && deviation > box.priority) {
      box.axis = c;
      box.priority = deviation;
    }
  }
  return box;
}

Color mean_color(const std::vector<Weighted>& colors, const Box& box) {
  std::array<int64_t, 3> sums{};
  int64_t count = 0;
  for (size_t i = box.begin; i < box.end; ++i) {
    for (size_t c = 0; c < 3; ++c) sums[c] += colors[i].count * colors[i].color[c];
    count += colors[i].count;
  }
  Color mean{};
  for (size_t c = 0; c < 3; ++c)
    mean[c] = static_cast<uint8_t>((sums[c] + count / 2) /
                                   count);  // NOLINT(clang-analyzer-core.DivideZero): a box holds colours
  return mean;
}

// Cuts the box with the largest error at its median, until there are as many boxes as colours are allowed.
std::vector<Color> median_cut(std::vector<Weighted>& colors) {
  std::vector<Box> boxes = {make_box(colors, 0, colors.size())};
  while (boxes.size() < kMaxColors) {
    const auto widest = std::max_element(boxes.begin(), boxes.end(),
                                         [](const Box& a, const Box& b) { return a.priority < b.priority; });
    if (widest->priority <= 0) break;
    const Box box = *widest;
    const auto first = colors.begin() + static_cast<std::ptrdiff_t>(box.begin),
               last = colors.begin() + static_cast<std::ptrdiff_t>(box.end);
    std::sort(first, last,
              [axis = box.axis](const Weighted& a, const Weighted& b) { return a.color[axis] < b.color[axis]; });
    int64_t total = 0;
    for (auto entry = first; entry != last; ++entry) total += entry->count;
    size_t cut = box.begin;
    for (int64_t below = 0; cut < box.end && 2 * below < total; ++cut) below += colors[cut].count;
    cut = std::clamp(cut, box.begin + 1, box.end - 1);
    *widest = make_box(colors, box.begin, cut);
    boxes.push_back(make_box(colors, cut, box.end));
  }
  std::vector<Color> palette;
  palette.reserve(boxes.size());
  for (const Box& box : boxes) palette.push_back(mean_color(colors, box));
  return palette;
}

// One round of k-means: every colour of the palette moves to the mean of those it stands for.
void refine(std::vector<Color>& palette, const std::vector<Weighted>& colors) {
  std::vector<std::array<int64_t, 4>> sums(palette.size());
  for (const Weighted& entry : colors) {
    auto& sum = sums[nearest_index(palette, entry.color)];
    for (size_t c = 0; c < 3; ++c) sum[c] += entry.count * entry.color[c];
    sum[3] += entry.count;
  }
  for (size_t i = 0; i < palette.size(); ++i) {
    if (sums[i][3] == 0) continue;
    for (size_t c = 0; c < 3; ++c) palette[i][c] = static_cast<uint8_t>((sums[i][c] + sums[i][3] / 2) / sums[i][3]);
  }
}

}  // namespace

Palette::Palette(const std::vector<Tensor>& frames) {
  if (frames.front().dim(0) == 1) {
    for (int i = 0; i < 256; ++i)
      colors_.push_back({static_cast<uint8_t>(i), static_cast<uint8_t>(i), static_cast<uint8_t>(i)});
    return;
  }
  colors_ = distinct_colors(frames);
  exact_ = colors_.size() <= kMaxColors;
  if (exact_) return;
  std::vector<Weighted> colors = histogram(frames);
  colors_ = median_cut(colors);
  for (int i = 0; i < kRefinements; ++i) refine(colors_, colors);
  known_.assign(kCells, -1);
}

uint8_t Palette::nearest(const Color& color) {
  if (exact_) return static_cast<uint8_t>(std::lower_bound(colors_.begin(), colors_.end(), color) - colors_.begin());
  int16_t& known = known_[cell_of(color)];
  if (known < 0) known = static_cast<int16_t>(nearest_index(colors_, color));
  return static_cast<uint8_t>(known);
}

std::vector<uint8_t> Palette::indices(const Tensor& frame) {
  const int64_t pixels = frame.dim(1) * frame.dim(2);
  const auto* planes = frame.data<uint8_t>();
  std::vector<uint8_t> indices(static_cast<size_t>(pixels));
  for (int64_t i = 0; i < pixels; ++i) {
    indices[static_cast<size_t>(i)] = frame.dim(0) == 1 ? planes[i] : nearest(color_at(planes, pixels, i));
  }
  return indices;
}

}  // namespace latent::detail
