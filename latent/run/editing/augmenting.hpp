#pragma once
// New samples near those that are there, with their labels.

#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/augment.hpp>

#include <string>
#include <vector>

namespace latent {

/// The samples of these classes, and among these numbers; ascending.
/// @param classes  names or numbers between commas, or empty for all   @param items  empty for all
/// @throws UsageError for samples, classes or labels that are not there, and if nothing is left
std::vector<int64_t> chosen_rows(const RunData& data, const std::string& classes, const std::vector<int64_t>& items);

struct NewSamples {
  std::shared_ptr<const data::Dataset> given = {};  ///< those that new ones are made near
  space::Augmented made = {};                       ///< sources and partners are numbers in the data
  Tensor x_hat = {};                                ///< (n, ...) model values
};

/// @param rows  of the data, that new samples are made near
/// @param draw  whether samples are drawn from p(x|z); else they are its means
/// @throws UsageError for models without both halves; std::invalid_argument as space::augment()
NewSamples augment_samples(const Run& run, const RunData& data, const std::vector<int64_t>& rows,
                           const space::AugmentOptions& options, bool draw, uint64_t seed);

/// Writes new samples: .png (picture_of_set()), .npz, .csv or a folder, as write_labelled_npz() and others.
/// @param seed  of the given samples that a picture compares them with   @param stop  as write_image_folder()
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError, Interrupted
std::string write_new_samples(const Run& run, const RunData& data, const NewSamples& samples, const ResultFile& file,
                              uint64_t seed, const std::atomic<bool>* stop = nullptr);

}  // namespace latent
