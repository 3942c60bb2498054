#include <latent/run/results/strips.hpp>

#include <latent/formats/image.hpp>

namespace latent {

std::string write_strips(const Run& run, const Strips& strips, const ResultFile& file, const std::atomic<bool>* stop) {
  if (file.form != Form::gif && file.form != Form::png) {
    return write_decoded(run, {.x_hat = strips.x_hat, .x = {}, .codes = strips.codes}, file, stop);
  }
  const View view = view_of(run, strips.x_hat);
  const SampleGrid grid{
      .x = strips.x_hat, .columns = strips.steps, .row_names = strips.strip_names, .column_names = strips.step_names};
  if (file.form == Form::png) {
    const Picture picture = picture_of_grid(run, view, grid);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }
  const std::vector<Picture> forth = frames_of_steps(run, view, grid);
  std::vector<Tensor> frames;
  for (const Picture& frame : forth) frames.push_back(frame.pixels);
  for (size_t i = forth.size() - 1; i-- > 1;) frames.push_back(forth[i].pixels);
  write_gif(file.path, frames);
  return forth.front().shown;
}

}  // namespace latent
