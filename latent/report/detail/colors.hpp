#pragma once
// Private to report/: the shades of what stands around data.

#include <latent/report/detail/canvas.hpp>

namespace latent::report {

constexpr Rgb kWhite = {255, 255, 255}, kInk = {45, 45, 45}, kSoftInk = {90, 90, 90}, kFrame = {170, 170, 170},
              kGridLine = {230, 230, 230}, kUnlabelled = {205, 205, 205};

}  // namespace latent::report
