#pragma once
// All that a program needs to train, use and explore latent spaces. docs/library.md is the guide.

#include <latent/data/dataset.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/sound.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/vae.hpp>
#include <latent/models/vae_options.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/anomalies/scoring.hpp>
#include <latent/run/clusters/clustering.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/evaluation/evaluation.hpp>
#include <latent/run/generate.hpp>
#include <latent/run/maps/sample_map.hpp>
#include <latent/run/neighbors/finding.hpp>
#include <latent/run/probes/probing.hpp>
#include <latent/run/run.hpp>
#include <latent/run/run_data.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/sounds/streaming.hpp>
#include <latent/run/training/train.hpp>
#include <latent/run/units.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/clusters/mixture.hpp>
#include <latent/space/editing/interpolate.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/tsne.hpp>
#include <latent/space/maps/umap.hpp>
#include <latent/space/neighbors/neighbors.hpp>
#include <latent/space/probes/probe.hpp>
#include <latent/training/evaluate.hpp>

namespace latent {
using report::image_grid;
}  // namespace latent
