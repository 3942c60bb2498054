#pragma once
// The plain version of embedding.hpp, which tests compare with; in double precision, its gradients against differences.

#include <latent/kernels/embedding.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace latent::kernels {

template <class T>
T log_sigmoid_plain(T f) {
  return std::min(f, T(0)) - std::log1p(std::exp(-std::abs(f)));
}

/// In whole kLossUnits.
template <class T>
T loss_plain(T f, T positive, T weight) {
  const T loss = -positive * log_sigmoid_plain(f) - (weight - positive) * log_sigmoid_plain(-f);
  return std::nearbyint(loss / T(kLossUnit)) * T(kLossUnit);
}

template <class T>
double update_outputs_plain(const EmbeddingWindows& windows, HiddenRows<const T> hidden, T lr, RowShare share,
                            T* outputs, T* slopes) {
  double loss = 0.0;
  for (int64_t w = 0; w < windows.count; ++w) {
    const T* h = hidden.table + hidden.at(w) * windows.stride;
    const int64_t end = windows.first_output[w + 1];
    for (int64_t begin = windows.first_output[w]; begin < end; begin += kOutputsTogether) {
      const int64_t stop = std::min(begin + kOutputsTogether, end);
      for (int64_t i = begin; i < stop; ++i) {
        if (!share.owns(windows.output[i])) continue;
        const T* o = outputs + windows.output[i] * windows.stride;
        const T positive = windows.positive[i], weight = windows.weight[i];
        T f = -windows.shift;
        for (int64_t d = 0; d < windows.stride; ++d) f += h[d] * o[d];
        slopes[i] = lr * (positive - weight / (T(1) + std::exp(-f)));
        if (w % kLossEvery == 0) loss += loss_plain<double>(f, positive, weight);
      }
      for (int64_t i = begin; i < stop; ++i) {
        if (!share.owns(windows.output[i])) continue;
        T* o = outputs + windows.output[i] * windows.stride;
        for (int64_t d = 0; d < windows.stride; ++d) o[d] += slopes[i] * h[d];
      }
    }
  }
  return loss;
}

template <class T>
void gather_gradients_plain(const EmbeddingWindows& windows, const T* outputs, const T* slopes, const T* hidden,
                            T* gradients) {
  for (int64_t w = 0; w < windows.count; ++w) {
    const T* h = hidden + w * windows.stride;
    T* dh = gradients + w * windows.stride;
    std::fill_n(dh, windows.stride, T(0));
    for (int64_t i = windows.first_output[w]; i < windows.first_output[w + 1]; ++i) {
      const T* o = outputs + windows.output[i] * windows.stride;
      for (int64_t d = 0; d < windows.stride; ++d) dh[d] += slopes[i] * (o[d] - slopes[i] * h[d]);
    }
  }
}

template <class T>
double embedding_steps_plain(const EmbeddingSteps& steps, T lr, T* hidden, T* outputs) {
  double loss = 0.0;
  for (int64_t s = 0; s < steps.count; ++s) {
    T* h = hidden + steps.hidden[steps.window[s]] * steps.stride;
    const int64_t end = steps.end(s);
    for (int64_t begin = steps.begin(s); begin < end; begin += kOutputsOfStep) {
      const int64_t stop = std::min(begin + kOutputsOfStep, end);
      std::vector<T> slopes, dh(static_cast<size_t>(steps.stride));
      for (int64_t i = begin; i < stop; ++i) {
        const T* o = outputs + steps.output[i] * steps.stride;
        const T positive = steps.positive[i], weight = steps.weight[i];
        T f = -steps.shift;
        for (int64_t d = 0; d < steps.stride; ++d) f += h[d] * o[d];
        slopes.push_back(lr * (positive - weight / (T(1) + std::exp(-f))));
        if (steps.window[s] % kLossEvery == 0) loss += loss_plain<double>(f, positive, weight);
      }
      for (int64_t i = begin; i < stop; ++i) {
        T* o = outputs + steps.output[i] * steps.stride;
        const T slope = slopes[static_cast<size_t>(i - begin)];
        for (int64_t d = 0; d < steps.stride; ++d) {
          dh[static_cast<size_t>(d)] += slope * o[d];
          o[d] += slope * h[d];
        }
      }
      for (int64_t d = 0; d < steps.stride; ++d) h[d] += dh[static_cast<size_t>(d)];
    }
  }
  return loss;
}

template <class T>
void mean_inputs_plain(const EmbeddingInputs& windows, const T* inputs, T* hidden) {
  for (int64_t w = 0; w < windows.count; ++w) {
    T* h = hidden + w * windows.stride;
    std::fill_n(h, windows.stride, T(0));
    const int64_t begin = windows.first_input[w], end = windows.first_input[w + 1];
    for (int64_t i = begin; i < end; ++i) {
      const T* row = inputs + windows.input[i] * windows.stride;
      for (int64_t d = 0; d < windows.stride; ++d) h[d] += row[d];
    }
    for (int64_t d = 0; d < windows.stride; ++d) h[d] /= static_cast<T>(std::max<int64_t>(1, end - begin));
  }
}

template <class T>
void scatter_gradients_plain(const EmbeddingInputs& windows, const T* gradients, RowShare share, T* inputs) {
  for (int64_t w = 0; w < windows.count; ++w) {
    for (int64_t i = windows.first_input[w]; i < windows.first_input[w + 1]; ++i) {
      if (!share.owns(windows.input[i])) continue;
      T* row = inputs + windows.input[i] * windows.stride;
      for (int64_t d = 0; d < windows.stride; ++d) row[d] += gradients[w * windows.stride + d];
    }
  }
}

}  // namespace latent::kernels
