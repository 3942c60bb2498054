#include <latent/compression/exact_math.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

namespace latent::compression {

double exact_exp(double x) {
  const double limited = !(x > -700.0) ? -700.0 : (x < 700.0 ? x : 700.0);
  const double n = std::floor(limited * 1.4426950408889634 + 0.5);
  // The logarithm of 2 in two parts (fdlibm), the first of which has trailing zeros.
  const double r = (limited - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  // Taylor's series, |r| <= 0.347: the term left out is below 1e-15.
  double y = 1.0;
  for (int k = 12; k >= 1; --k) y = 1.0 + y * (r / k);
  return y * std::bit_cast<double>(static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52);
}

double exact_normal_cdf(double x) {
  // Abramowitz & Stegun 7.1.26. All its factors rise or fall with |x| alone, so that the result is monotone.
  const double a = (x < 0.0 ? -x : x) * 0.70710678118654752;
  const double t = 1.0 / (1.0 + 0.3275911 * a);
  const double p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const double tail = 0.5 * p * exact_exp(-(a * a));
  return x < 0.0 ? tail : 1.0 - tail;
}

double exact_normal_quantile(double p) {
  double low = -40.0, high = 40.0;
  for (int i = 0; i < 50; ++i) {
    const double middle = 0.5 * (low + high);
    (exact_normal_cdf(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace latent::compression
