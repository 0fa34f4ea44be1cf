#include "server/mcp/upstreams.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/dependency/compartment.hpp"
#include "actors/dependency/family.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// After it could not be asked a server is asked again this soon, at the
/// latest: its breaker says whether that costs anything.
constexpr millis soon{5'000};

/// More than that waits for no server: who asked hears of no change.
constexpr std::size_t most_homeless = 1'000;

bool same(const mcp::offer_lists& a, const mcp::offer_lists& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](auto& one, auto& other) {
                        return one.definition == other.definition;
                      });
  });
}

std::string_view text_of(const mcp_server_settings& of) {
  return of.description ? std::string_view{*of.description}
                        : std::string_view{};
}

bool same_place(const dependency_settings& a, const dependency_settings& b) {
  return a.url == b.url && a.api_key == b.api_key && a.ca_file == b.ca_file
         && a.mcp.process == b.mcp.process && a.mcp.oauth == b.mcp.oauth
         && text_of(a.mcp) == text_of(b.mcp);
}

} // namespace

mcp_upstreams::mcp_upstreams(io_thread& home, const tree& actors,
                             mcp::catalogue own, tool_tiers filters, helpers by)
  : home_{home}, actors_{actors}, own_{std::move(own)},
    filters_{std::move(filters)}, by_{std::move(by)},
    now_{std::make_shared<const mcp_offers>(
      mcp_offers{mcp::federation{own_, {}}, {}, {own_, filters_}})} {}

void mcp_upstreams::apply(const std::vector<dependency_settings>& wanted,
                          tool_tiers filters) {
  std::vector<server> fresh;
  for (auto& where : actors_.dependencies()) {
    auto said = std::find_if(wanted.begin(), wanted.end(), [&](auto& one) {
      return one.name == where->name() && family_of(one.kind).offers_tools;
    });
    if (said == wanted.end())
      continue;
    server made;
    made.where = where;
    made.settings = *said;
    made.route = std::make_shared<const model_route>(
      model_route{{{where, {}}}, std::nullopt, false});
    fresh.push_back(std::move(made));
  }
  unheard_ = fresh.size();
  boost::asio::post(home_.context(), [this, fresh = std::move(fresh),
                                      filters = std::move(filters)]() mutable {
    take(std::move(fresh), std::move(filters));
  });
}

void mcp_upstreams::take(std::vector<server> fresh, tool_tiers filters) {
  for (auto& one : fresh) {
    auto offers = std::make_shared<mcp::server_offers>();
    offers->name = one.settings.name;
    offers->rules = one.settings.mcp;
    for (auto& old : servers_)
      if (old.where == one.where && same_place(old.settings, one.settings)) {
        offers->lists = old.known->lists;
        one.watch = old.watch;
        one.heard = old.heard;
      }
    one.known = std::move(offers);
    if (!one.watch)
      listen(one);
  }
  auto any = !servers_.empty() || !fresh.empty();
  servers_ = std::move(fresh);
  filters_ = std::move(filters);
  if (any && !std::exchange(looked_after_, true))
    home_.look_after(*this);
  publish();
  count_unheard();
}

void mcp_upstreams::count_unheard() {
  unheard_ = static_cast<std::size_t>(std::count_if(
    servers_.begin(), servers_.end(), [](auto& one) { return !one.heard; }));
}

mcp_upstreams::server* mcp_upstreams::find(const std::string& name) {
  auto one = std::find_if(servers_.begin(), servers_.end(),
                          [&](auto& x) { return x.settings.name == name; });
  return one == servers_.end() ? nullptr : &*one;
}

void mcp_upstreams::listen(server& to) {
  upstream::mcp_news news;
  news.offers_changed = [this, name = to.settings.name](bool told) {
    auto* one = find(name);
    if (!one)
      return;
    one->due = {};
    one->stale = one->walk != nullptr;
    one->told |= told;
  };
  news.resource_changed
    = [this](const std::string& uri) { by_.resource_changed(uri); };
  to.watch = by_.watch(to.settings, std::move(news));
  if (to.watch)
    to.watch->start();
}

void mcp_upstreams::want(std::string uri) {
  boost::asio::post(home_.context(), [this, uri = std::move(uri)]() mutable {
    if (!watch(uri) && homeless_.size() < most_homeless)
      homeless_.insert(std::move(uri));
  });
}

bool mcp_upstreams::watch(const std::string& uri) {
  auto offered = now();
  auto found = offered->what.reader(uri);
  auto* one = found ? find(offered->what.server(found->server).name) : nullptr;
  if (one && one->watch)
    one->watch->want(uri);
  return one != nullptr;
}

void mcp_upstreams::stop() {
  boost::asio::post(home_.context(), [this] { servers_.clear(); });
}

void mcp_upstreams::sweep(time_point now) {
  if (by_.interest_lost()) {
    for (auto& one : servers_)
      if (one.watch)
        one.watch->keep(by_.wanted);
    std::erase_if(homeless_, [this](auto& uri) { return !by_.wanted(uri); });
  }
  for (auto& one : servers_)
    if (!one.walk && one.due <= now)
      ask(one.settings.name, one);
}

void mcp_upstreams::ask(const std::string& name, server& one) {
  one.walk = std::make_shared<list_walk>(
    home_, actors_, one.route,
    [this, name](std::optional<mcp::offer_lists> lists) {
      heard(name, std::move(lists));
    });
  one.walk->start();
}

void mcp_upstreams::heard(const std::string& name,
                          std::optional<mcp::offer_lists> lists) {
  auto* one = find(name);
  if (!one)
    return;
  one->walk = nullptr;
  auto wait = one->settings.mcp.refresh;
  auto stale = std::exchange(one->stale, false);
  if (!stale)
    one->due = io_thread::now() + (lists ? wait : std::min(wait, soon));
  // Whoever looks for that finds what was heard, too.
  take_lists(*one, stale, std::move(lists));
  one->heard = true;
  count_unheard();
}

void mcp_upstreams::take_lists(server& one, bool stale,
                               std::optional<mcp::offer_lists> lists) {
  if (!lists)
    return;
  // A server may mean what does not stand in its lists. Told while it was
  // asked: it is asked again, and then passed on.
  auto told = !stale && std::exchange(one.told, false);
  if (same(*lists, one.known->lists)) {
    if (told)
      by_.changed();
    return;
  }
  auto offers = std::make_shared<mcp::server_offers>(*one.known);
  offers->lists = std::move(*lists);
  one.known = std::move(offers);
  publish();
}

void mcp_upstreams::publish() {
  std::vector<std::shared_ptr<const mcp::server_offers>> all;
  std::vector<std::shared_ptr<const model_route>> where;
  for (auto& one : servers_) {
    all.push_back(one.known);
    where.push_back(one.route);
  }
  mcp::federation what{own_, std::move(all)};
  mcp::tool_views views{what.all(), filters_};
  auto made = std::make_shared<const mcp_offers>(
    mcp_offers{std::move(what), std::move(where), std::move(views)});
  auto& next = made->what.all();
  auto before = now_.exchange(made);
  std::erase_if(homeless_, [this](auto& uri) { return watch(uri); });
  auto listed = [](auto& list) {
    std::vector<std::string_view> texts;
    for (auto& x : list)
      texts.push_back(x.definition);
    return texts;
  };
  auto& last = before->what.all();
  if (made->views.filters() != before->views.filters()
      || listed(next.tools) != listed(last.tools)
      || listed(next.prompts) != listed(last.prompts)
      || listed(next.resources) != listed(last.resources)
      || listed(next.templates) != listed(last.templates))
    by_.changed();
}

} // namespace caisson
