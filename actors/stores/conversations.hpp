#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/call.hpp"

namespace caisson {

// The words that are exchanged with the storage about conversations. A port
// knows the database; whoever asks knows only these. Times are Unix
// milliseconds.

enum class author : std::uint8_t { user, assistant };

struct kept_message {
  author who = author::user;
  std::string text;
  std::int64_t at = 0; ///< set by whoever keeps it
};

/// Which conversation: the name alone leads nowhere, its owner's does.
struct conversation_name {
  std::string owner;
  std::string thread;
};

/// What is told of a conversation as a whole.
struct conversation_head {
  std::string thread;
  std::string title;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::uint32_t messages = 0;
};

/// A place in the order in which conversations were last spoken in, between
/// two of them.
struct conversation_mark {
  std::int64_t updated = 0;
  std::int64_t number = 0; ///< the database's own

  bool operator==(const conversation_mark&) const = default;
};

// -- questions ----------------------------------------------------------------

/// Some messages of a conversation, in their order.
struct read_conversation {
  conversation_name which;
  /// The first of them, counted from 0; unset: the last `limit` of all.
  std::optional<std::uint32_t> from;
  std::uint32_t limit = 50;
};

/// An owner's conversations in one message of which all of the words occur, as
/// the beginnings of words: the one last spoken in first. Without words: all of
/// them.
struct find_conversations {
  std::string owner;
  std::vector<std::string> words;
  std::uint32_t limit = 10;
  /// Only those behind it.
  std::optional<conversation_mark> behind;
};

/// More of a conversation, all or nothing. It begins with that, under that
/// title, where there is none of the name.
struct append_messages {
  conversation_name which;
  std::string title;
  std::vector<kept_message> messages;
};

struct conversation_question final : payload {
  std::variant<read_conversation, find_conversations, append_messages> what;
};

// -- answers ------------------------------------------------------------------

struct conversation_page {
  std::optional<conversation_head> of; ///< nothing: there is none of that name
  std::uint32_t from = 0;              ///< of the first message
  std::vector<kept_message> messages;
};

struct found_conversation {
  conversation_head what;
  std::string excerpt; ///< where the words occur; of the last message else
};

struct conversation_list {
  std::vector<found_conversation> list;
  std::optional<conversation_mark> next; ///< set where there are more
};

/// It is kept: so many messages has the conversation now.
struct messages_kept {
  std::uint32_t messages = 0;
};

using conversation_answer
  = std::variant<conversation_page, conversation_list, messages_kept>;
using conversation_answer_ptr = std::shared_ptr<const conversation_answer>;

/// An answer as the answer of an attempt: `exchange_listener::finished` takes
/// bytes, and this is no text.
bytes answer_of(conversation_answer_ptr what);

/// The answer in bytes that `answer_of` made; of no other bytes.
conversation_answer_ptr conversation_answer_in(const bytes& answer);

} // namespace caisson
