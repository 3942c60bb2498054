#include <cli/progress.hpp>

#include <cli/messages.hpp>
#include <cli/output.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

constexpr int kBarWidth = 20;
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);

}  // namespace

std::string progress_bar(double fraction) {
  const int filled = std::clamp(static_cast<int>(std::lround(fraction * kBarWidth)), 0, kBarWidth);
  std::string text(static_cast<size_t>(filled), '=');
  if (filled < kBarWidth) text += '>';
  text.resize(kBarWidth, ' ');
  return text;
}

std::string metrics_text(const Metrics& metrics) {
  std::string text;
  const auto add = [&](const char* name) {
    auto found = metrics.find(name);
    if (found == metrics.end()) found = metrics.find(std::string("vae.") + name);  // beside a critic
    if (found != metrics.end()) text += fmt::format("{}{} {:.2f}", text.empty() ? "" : "  ", name, found->second);
  };
  add("reconstruction");
  add("kl");
  add("elbo");
  for (const char* name : {"total_correlation", "mmd", "perplexity", "cross_entropy"}) add(name);
  if (const auto accuracy = metrics.find("accuracy"); accuracy != metrics.end()) {
    text += fmt::format("  accuracy {:.2f}%", 100.0 * accuracy->second);
  }
  // GANs: their losses say little, these two what to look at.
  const auto add_share = [&](const char* name, const char* before, const char* after) {
    const auto found = metrics.find(name);
    if (found == metrics.end()) return;
    text += fmt::format("{}{} {:.1f}%{}", text.empty() ? "" : "  ", before, 100.0 * found->second, after);
  };
  for (const char* name : {"ranked", "critic.ranked"}) add_share(name, "critic right in", "");
  for (const char* name : {"generator.spread", "vae.spread"}) add_share(name, "spread", " of the data's");
  if (text.empty()) add("loss");
  return text;
}

bool is_in_nats(const Metrics& metrics) { return !metrics.contains("ranked") && !metrics.contains("critic.ranked"); }

void tell(const Diagnosis& diagnosis) {
  const std::string text =
      diagnosis.advice.empty() ? diagnosis.what : fmt::format("{}; {}", diagnosis.what, diagnosis.advice);
  if (diagnosis.severity == Diagnosis::Severity::note) {
    note(text);
  } else {
    warn(text);
  }
}

Progress::Progress(int64_t epochs, int64_t first_epoch, std::string held_out_name)
    : epochs_(epochs),
      first_epoch_(first_epoch),
      held_out_name_(std::move(held_out_name)),
      terminal_(stderr_is_terminal()) {}

std::string Progress::time_left(double epochs_done) const {
  const double done_here = epochs_done - static_cast<double>(first_epoch_ - 1);
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  if (done_here <= 0.0) return "?";
  const double left = static_cast<double>(epochs_) - epochs_done;
  return left <= 0.0 ? "0 s" : duration(elapsed / done_here * left);
}

void Progress::on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) {
  if (!terminal_ || Clock::now() - last_drawn_ < kRedrawInterval) return;
  last_drawn_ = Clock::now();
  const double fraction = static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1));
  std::string line = fmt::format("epoch {}/{} [{}]  {}/s  {} left  {}", epoch, epochs_, progress_bar(fraction),
                                 grouped(std::llround(samples_per_second)),
                                 time_left(static_cast<double>(epoch - 1) + fraction), metrics_text(so_far));
  line.resize(std::min(line.size(), static_cast<size_t>(terminal_width() - 1)));
  draw(fmt::format("\r\x1b[K{}", line));
  bar_shown_ = true;
}

void Progress::erase_bar() {
  if (bar_shown_) draw("\r\x1b[K");
  bar_shown_ = false;
}

void Progress::on_epoch(const EpochReport& report) {
  erase_bar();
  const int width = static_cast<int>(fmt::formatted_size("{}", epochs_));
  std::string line = fmt::format("epoch {:{}}/{}  {} samples/s  {} left  {}", report.epoch, width, epochs_,
                                 grouped(std::llround(report.samples_per_second)),
                                 time_left(static_cast<double>(report.epoch)), metrics_text(report.train));
  if (!report.held_out.empty()) {
    const auto elbo = report.held_out.find("elbo");
    line += elbo != report.held_out.end() ? fmt::format("  {} elbo {:.2f}", held_out_name_, elbo->second)
                                          : fmt::format("  {} {}", held_out_name_, metrics_text(report.held_out));
  }
  say(line + "\n");
}

void Progress::on_diagnosis(const Diagnosis& diagnosis) {
  erase_bar();
  tell(diagnosis);
}

StepProgress::~StepProgress() {
  if (drawn_) draw("\r\033[K");
}

void StepProgress::on_step(int64_t done) {
  if (done == 0) return;
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double left = elapsed / static_cast<double>(done) * static_cast<double>(total_ - done);
  if (!stderr_is_terminal()) {
    if (done * 10 / total_ == told_tenths_) return;
    told_tenths_ = done * 10 / total_;
    say(fmt::format("{}: {} {}/{}  {} left\n", name_, unit_, done, total_, duration(left)));
    return;
  }
  if (Clock::now() - last_drawn_ < kRedrawInterval) return;
  last_drawn_ = Clock::now();
  std::string line = fmt::format("{}: {} {}/{} [{}]  {} left", name_, unit_, done, total_,
                                 progress_bar(static_cast<double>(done) / static_cast<double>(total_)), duration(left));
  line.resize(std::min(line.size(), static_cast<size_t>(terminal_width() - 1)));
  draw(fmt::format("\r\033[K{}", line));
  drawn_ = true;
}

}  // namespace latent::cli
