#include <server/site.hpp>

#include <server/assets/page.hpp>
#include <server/routes/routes.hpp>

namespace latent::server {

struct Site::Impl {
  Impl(std::unique_ptr<Session> given, Lanes& lanes, const GuardOptions& guards, const Preparing& preparing,
       TrainingWatch* training)
      : session(std::move(given)), maps(*session), colors(*session), attributes(*session) {
    const Services services{*session, maps, colors, attributes, lanes, router, preparing, guards, training};
    router.set_page(page);
    add_info_routes(services);
    add_code_routes(services);
    add_map_routes(services);
    add_sample_routes(services);
    add_page_routes(services);
    add_color_routes(services);
    add_editing_routes(services);
    add_judging_routes(services);
    add_word_routes(services);
    if (training != nullptr) add_training_routes(router, *training);
  }

  std::unique_ptr<Session> session;
  Maps maps;
  Colors colors;
  Attributes attributes;
  Router router;
};

Site::Site(std::unique_ptr<Session> session, Lanes& lanes, const GuardOptions& guards, const Preparing& preparing,
           TrainingWatch* training)
    : impl_(std::make_unique<Impl>(std::move(session), lanes, guards, preparing, training)) {}
Site::~Site() = default;
void Site::end() { impl_->maps.end(); }
Response Site::answer(Request request) const { return impl_->router.handle(std::move(request)); }
std::vector<std::string> Site::routes() const { return impl_->router.routes(); }

}  // namespace latent::server
