#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace caisson {

/// Hears what nodes that share a store tell each other. Called on one I/O
/// thread, whichever the node has chosen: it hands on by messages and does not
/// block.
class announcement_listener {
public:
  virtual ~announcement_listener() = default;

  /// Somebody, perhaps this node, has published a text on the channel (PUBLISH,
  /// by `kv_client`). It is a stranger's text: of any form, up to 64 KiB.
  virtual void announced(std::string_view channel, std::string_view text) = 0;

  /// Until now nobody has listened, or announcements may have been lost:
  /// whoever keeps what they speak of must distrust it. What is published from
  /// here on is heard, until the next gap. Comes first, and after each break.
  virtual void gap() = 0;
};

/// The ear of the node at a shared store.
class announcements {
public:
  virtual ~announcements() = default;

  /// `who` hears of the channel for as long as it lives. Thread-safe.
  virtual void hear(std::string channel,
                    std::weak_ptr<announcement_listener> who)
    = 0;
};

} // namespace caisson
