#pragma once
// What routes share: bodies in, arrays and pictures out.

#include <server/http/message.hpp>
#include <server/session.hpp>

#include <latent/formats/memory_files.hpp>

#include <string>
#include <vector>

namespace latent::server {

/// @param array  sent from where it lies: nobody may change it any more
Response npy_response(const Tensor& array);
Response png_response(const Tensor& picture, Packing packing = Packing::quick);

/// The number of a sample, from the path. @throws HttpError (404) for one that is not there
int64_t sample_number(const Request& request, const Session& session);
/// Numbers of samples in a JSON array. @throws HttpError (400) for others, and for none of them
std::vector<int64_t> sample_numbers(const Json& ids, const Session& session);

/// The JSON object of a body; of an empty body an empty one. @throws HttpError (400)
Json object_of(const Request& request);
/// A member, which must be of this type. @throws HttpError (400)
int64_t whole_of(const Json& object, const char* name, std::optional<int64_t> otherwise, int64_t low, int64_t high);
double number_of(const Json& object, const char* name, std::optional<double> otherwise, double low, double high);
std::string text_of(const Json& object, const char* name, const std::optional<std::string>& otherwise);

/// (N, D) f32 from {"codes": [[...], ...]}, or one code [...]. @throws HttpError (400) for other shapes, more codes
/// than allowed, or numbers that are not finite
Tensor codes_of(const Json& codes, const Session& session);
/// The same from a body: .npy (N, D) or (D), or JSON {"codes": ...}.
Tensor codes_in(const Request& request, const Session& session);

/// Samples from a body, as the model takes them: (N, ...) f32. A picture (PNG, JPEG, WebP, ...) is fitted to the
/// model's size; an .npy array has model values where it is of f32, and others in the units of the data (u8: pixels),
/// unless ?values=model or ?values=stored says it. @throws HttpError (400)
Tensor samples_in(const Request& request, const Session& session);

/// Numbers that JSON does not have become null.
Json numbers_json(const std::vector<double>& values);
Json row_json(const Tensor& rows, int64_t row);

/// Samples (N, ...) in model values as one WAV, each after the other. @throws HttpError (404) where samples are no
/// sounds
Response wav_response(const Session& session, const Tensor& x);

/// Decoded samples as they are asked for: "png" (a grid; of one image, that image), "npy", "wav" of sounds, or "json"
/// (rows in the units of the data). @throws HttpError (400) for others, and for pictures of what is no image
Response decoded_response(const Session& session, const Tensor& x, const std::string& as, int64_t columns = 0);

}  // namespace latent::server
