#include "server/oauth/authorizers.hpp"

#include <algorithm>
#include <utility>

namespace caisson::oauth {

authorizers::~authorizers() {
  for (auto& [name, one] : all_)
    one.one->end();
}

void authorizers::keep_only(const std::vector<dependency_settings>& those) {
  std::lock_guard guard{lock_};
  std::erase_if(all_, [&](auto& known) {
    return std::none_of(those.begin(), those.end(),
                        [&](auto& one) { return one.name == known.first; });
  });
}

void authorizers::reached_at(std::string public_url) {
  while (public_url.ends_with('/'))
    public_url.pop_back();
  std::lock_guard guard{lock_};
  public_url_ = std::move(public_url);
}

std::shared_ptr<authorizer> authorizers::of(const dependency_settings& settings,
                                            web by) {
  auto& how = settings.mcp.oauth;
  std::lock_guard guard{lock_};
  auto& it = all_[settings.name];
  auto same = it.one && it.url == settings.url && it.how == how
              && it.ca_file == settings.ca_file;
  if (same)
    return it.one;
  auto keep = [this, name = settings.name, url = settings.url](
                const authorizer& of, const std::string& what) {
    // One that was replaced may still be asked something.
    if (named(name).get() == &of)
      files_.write(name, url, what);
  };
  auto back = [this, name = settings.name] {
    std::lock_guard held{lock_};
    return public_url_.empty() ? std::string{}
                               : public_url_ + std::string{callback} + name;
  };
  it = {settings.url, settings.ca_file, how,
        std::make_shared<authorizer>(
          authorizer::plan{settings.name, settings.url, how, std::move(by),
                           std::move(back), &log_, std::move(keep)})};
  if (auto kept = files_.read(settings.name, settings.url);
      kept && how.grant == oauth_grant::authorization_code)
    it.one->recall(*kept);
  return it.one;
}

std::shared_ptr<authorizer> authorizers::named(std::string_view name) const {
  std::lock_guard guard{lock_};
  auto found = all_.find(name);
  return found == all_.end() ? nullptr : found->second.one;
}

standings authorizers::shown() const {
  std::lock_guard guard{lock_};
  standings all;
  for (auto& [name, one] : all_)
    all.emplace(name, one.one->shown());
  return all;
}

} // namespace caisson::oauth
