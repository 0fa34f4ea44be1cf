#include "actors/cluster/messages.hpp"

#include <caf/actor_system_config.hpp>

namespace caisson {

void register_cluster_types(caf::actor_system_config& config) {
  config.add_message_type<cluster_beat>("caisson_beat");
  config.add_message_type<cluster_farewell>("caisson_farewell");
  config.add_message_type<cluster_word>("caisson_word");
  config.add_message_type<cluster_order>("caisson_order");
  config.add_message_type<cluster_question>("caisson_question");
  config.add_message_type<cluster_report>("caisson_report");
  config.add_message_type<quota_question>("caisson_quota");
  config.add_message_type<quota_answer>("caisson_quota_answer");
  config.add_message_type<quota_change>("caisson_quota_change");
  config.add_message_type<quota_recall>("caisson_quota_recall");
  config.add_message_type<flight_claim>("caisson_flight_claim");
  config.add_message_type<flight_grant>("caisson_flight_grant");
  config.add_message_type<flight_release>("caisson_flight_release");
  config.add_message_type<flight_follow>("caisson_flight_follow");
  config.add_message_type<flight_leave>("caisson_flight_leave");
  config.add_message_type<flight_news>("caisson_flight_news");
}

std::vector<std::string> cluster_words() {
  return {
    "caisson_beat",           "caisson_farewell",      "caisson_word",
    "caisson_order",          "caisson_question",      "caisson_report",
    "caisson_quota",          "caisson_quota_answer",  "caisson_quota_change",
    "caisson_quota_recall",   "caisson_flight_claim",  "caisson_flight_grant",
    "caisson_flight_release", "caisson_flight_follow", "caisson_flight_leave",
    "caisson_flight_news"};
}

} // namespace caisson
