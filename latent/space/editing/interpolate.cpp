#include <latent/space/editing/interpolate.hpp>

#include <latent/core/names.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace latent::space {

namespace {

// Below this angle from 0 or pi (in radians) the great circle through two directions is not determined in f32: over so
// short an arc a straight line is the same path, and of opposite directions no circle is better than another.
constexpr double kSmallestAngle = 1e-4;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// What the two codes are multiplied with before they are added.
struct Weights {
  double from = 0, to = 0;
};

// The cosine is NaN for a zero code; the angle is some number then.
double angle_of(double cosine) { return std::acos(std::fmin(1.0, std::fmax(-1.0, cosine))); }

// With unit directions u, v at an angle omega, the direction at t is (sin((1 - t) omega) u + sin(t omega) v) / sin
// omega; it is given the length (1 - t) |from| + t |to|.
class SphericalPath {
 public:
  SphericalPath(const std::vector<double>& from, const std::vector<double>& to)
      : from_length_(std::sqrt(dot(from, from))),
        to_length_(std::sqrt(dot(to, to))),
        omega_(angle_of(dot(from, to) / (from_length_ * to_length_))),
        determined_(from_length_ > 0 && to_length_ > 0 && omega_ > kSmallestAngle && omega_ < M_PI - kSmallestAngle) {}

  Weights at(double t) const {
    if (!determined_) return {1 - t, t};
    const double length = (1 - t) * from_length_ + t * to_length_;
    return {length * std::sin((1 - t) * omega_) / (std::sin(omega_) * from_length_),
            length * std::sin(t * omega_) / (std::sin(omega_) * to_length_)};
  }

 private:
  double from_length_, to_length_;
  double omega_;
  bool determined_;
};

}  // namespace

Path path_from(std::string_view name) {
  constexpr std::array<std::string_view, 2> kNames = {"linear", "spherical"};
  if (name == kNames[0]) return Path::linear;
  if (name == kNames[1]) return Path::spherical;
  unknown_name("path", name, kNames);
}

Tensor interpolate(const Tensor& from, const Tensor& to, int64_t steps, Path path) {
  LATENT_CHECK(from.ndim() == 1 && from.dtype() == DType::f32, "[interpolate] from (D) f32: got {} {}",
               from.shape().str(), name_of(from.dtype()));
  LATENT_CHECK(to.shape() == from.shape() && to.dtype() == DType::f32, "[interpolate] to: expected {} f32, got {} {}",
               from.shape().str(), to.shape().str(), name_of(to.dtype()));
  LATENT_CHECK(steps >= 2, "[interpolate] steps must be at least 2 (both ends), got {}", steps);
  const std::vector<double> a = from.to_vector(), b = to.to_vector();
  const SphericalPath sphere(a, b);

  std::vector<float> codes;  // (steps, D)
  codes.reserve(a.size() * static_cast<size_t>(steps));
  for (int64_t step = 0; step < steps; ++step) {
    const double t = static_cast<double>(step) / static_cast<double>(steps - 1);
    Weights weights = path == Path::spherical ? sphere.at(t) : Weights{1 - t, t};
    if (step == 0) weights = {1, 0};  // both ends to the bit
    if (step == steps - 1) weights = {0, 1};
    for (size_t d = 0; d < a.size(); ++d) codes.push_back(static_cast<float>(weights.from * a[d] + weights.to * b[d]));
  }
  return Tensor::from(codes, {steps, from.dim(0)});
}

}  // namespace latent::space
