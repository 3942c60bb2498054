#pragma once
// What the server answers, a file for each group; docs/http-api.md is for those who ask.

#include <server/attributes.hpp>
#include <server/colors.hpp>
#include <server/http/guards.hpp>
#include <server/http/lanes.hpp>
#include <server/http/router.hpp>
#include <server/maps.hpp>
#include <server/preparing.hpp>
#include <server/session.hpp>
#include <server/training.hpp>

namespace latent::server {

/// What routes work with. All of it outlives them.
struct Services {
  const Session& session;
  Maps& maps;
  Colors& colors;
  Attributes& attributes;
  Lanes& lanes;
  Router& router;
  const Preparing& preparing;
  GuardOptions guards = {};
  TrainingWatch* training = nullptr;  ///< where the model was trained in this process

  /// A route whose work takes milliseconds, or (Lane::slow) seconds.
  void add(std::string_view method, std::string_view pattern, Router::Handler handler, Lane lane = Lane::quick) const;
};

/// info, labels, dimensions
void add_info_routes(const Services& services);
/// codes, encode, decode
void add_code_routes(const Services& services);
/// maps
void add_map_routes(const Services& services);
/// colors, anomalies
void add_color_routes(const Services& services);
/// sample, near, interpolate, export, arithmetic, neighbors, selection, attributes
void add_editing_routes(const Services& services);
/// denoise, reconstruct, score, predict
void add_judging_routes(const Services& services);
/// words; nothing for other models
void add_word_routes(const Services& services);
/// training
void add_training_routes(Router& router, TrainingWatch& training);
/// tiles, texts, predictions: what the page asks to show many samples at once
void add_page_routes(const Services& services);
/// thumbnails, samples, search
void add_sample_routes(const Services& services);

}  // namespace latent::server
