// Reason for length: every family, in one place.
#pragma once

#include <array>

#include "actors/telemetry/metrics.hpp"

/// Every metric family of the node, in one place. Names, labels: SPEC section
/// 10; dashboards and alerts rely on them. Labels come from bounded sets.
namespace caisson::families {

using metrics::family;
using enum metrics::kind;

inline constexpr auto request_bounds
  = std::to_array<double>({0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                           0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120});
inline constexpr auto wait_bounds = std::to_array<double>(
  {0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10});

inline constexpr auto lookup_bounds
  = std::to_array<double>({0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                           0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1});

// -- a protected dependency ---------------------------------------------------

inline const family breaker_state{
  "circuit_breaker_state_gauge",
  "1 for the breaker's present state, 0 for the others.",
  gauge,
  {"service", "state"}};
inline const family breaker_failures{
  "circuit_breaker_failures_total",
  "Failed attempts that the breaker counted.",
  counter,
  {"service", "exception_type"}};
inline const family breaker_successes{"circuit_breaker_success_total",
                                      "Attempts that succeeded.",
                                      counter,
                                      {"service"}};
inline const family breaker_transitions{"circuit_breaker_transitions_total",
                                        "Changes of the breaker's state.",
                                        counter,
                                        {"service", "from", "to"}};
inline const family breaker_refusals{"circuit_breaker_rejections_total",
                                     "Calls that an open breaker refused.",
                                     counter,
                                     {"service"}};
inline const family retry_attempts{
  "retry_attempt_counter",
  "Retries, by the number of the attempt and what made them necessary.",
  counter,
  {"service", "attempt_number", "exception_type"}};
inline const family retry_exhausted{
  "retry_exhausted_counter",
  "Calls that failed in their last allowed attempt.",
  counter,
  {"function"}};
inline const family retry_success{"retry_success_after_retry_total",
                                  "Calls that a retry saved.",
                                  counter,
                                  {"function"}};
inline const family retry_budget_exhausted{
  "retry_budget_exhausted_total",
  "Retries that the budget did not allow.",
  counter,
  {"service"}};
inline const family timeout_violations{"timeout_violations_total",
                                       "Attempts cut off by a time limit.",
                                       counter,
                                       {"service", "operation"}};
inline const family bulkhead_rejections{"bulkhead_rejections_total",
                                        "Calls that the bulkhead refused.",
                                        counter,
                                        {"service", "reason"}};
inline const family bulkhead_active{
  "bulkhead_active_operations", "Calls in flight.", gauge, {"service"}};
inline const family bulkhead_queue{
  "bulkhead_queue_depth", "Calls waiting for a place.", gauge, {"service"}};
inline const family bulkhead_limit{
  "bulkhead_limit",
  "Calls allowed in flight now: the configured number, or fewer while the "
  "bulkhead adapts or ramps up.",
  gauge,
  {"service"}};
inline const family bulkhead_wait{"bulkhead_queue_wait_seconds",
                                  "How long admitted calls had waited.",
                                  histogram,
                                  {"service"},
                                  wait_bounds};
inline const family fallback_used{
  "fallback_used_total",
  "Calls that left a target of their chain for the next.",
  counter,
  {"service", "strategy"}};
inline const family hedges{
  "hedged_requests_total",
  "Second targets started beside a slow first, by how the race went.",
  counter,
  {"service", "result"}};
inline const family stream_failovers{
  "stream_failovers_total",
  "Streams that were cut in the middle, by what became of them.",
  counter,
  {"service", "result"}};
inline const family cancellations{
  "dependency_cancellations_total",
  "Attempts given up because nobody waited for them any more.",
  counter,
  {"service"}};

// -- actors -------------------------------------------------------------------

inline const family mailbox_depth{
  "actor_mailbox_depth", "Messages in the actor's mailbox.", gauge, {"actor"}};
inline const family messages_processed{"actor_messages_processed_total",
                                       "Messages the actor has handled.",
                                       counter,
                                       {"actor"}};
inline const family actor_restarts{"actor_restarts_total",
                                   "Restarts of the actor by its supervisor.",
                                   counter,
                                   {"actor"}};
inline const family escalations{
  "supervisor_escalations_total",
  "Times a supervisor gave up and left the decision to its own.",
  counter,
  {"actor"}};

// -- HTTP ---------------------------------------------------------------------

inline const family http_requests{"http_requests_total",
                                  "Requests answered.",
                                  counter,
                                  {"method", "route", "status"}};
inline const family http_duration{
  "http_request_duration_seconds",
  "From the end of the request to the end of the answer.",
  histogram,
  {"method", "route"},
  request_bounds};
inline const family http_connections{
  "http_connections_active", "Open client connections.", gauge, {}};
inline const family http_shed{"http_connections_shed_total",
                              "Connections refused over max_connections.",
                              counter,
                              {}};
inline const family tls_failures{
  "http_tls_handshake_failures_total",
  "Client connections that ended before TLS was agreed upon.",
  counter,
  {"reason"}};
inline const family errors{"errors_total",
                           "Errors told to clients.",
                           counter,
                           {"code", "category", "retry"}};

// -- LLM ----------------------------------------------------------------------

inline const family llm_requests{"llm_requests_total",
                                 "Attempts at a provider, by how they ended.",
                                 counter,
                                 {"provider", "model", "status"}};
inline const family llm_duration{"llm_request_duration_seconds",
                                 "Attempts at a provider, to their end.",
                                 histogram,
                                 {"provider", "model"},
                                 request_bounds};
inline const family llm_first_token{"llm_time_to_first_token_seconds",
                                    "Streams, to their first token.",
                                    histogram,
                                    {"provider", "model"},
                                    request_bounds};
inline const family llm_tokens{"llm_tokens_total",
                               "Tokens as the provider counted them.",
                               counter,
                               {"provider", "model", "type"}};
inline const family llm_cost{
  "llm_cost_usd_total",
  "What answers have cost, of the models that [prices] knows.",
  counter,
  {"provider", "model"}};

// -- MCP ----------------------------------------------------------------------

inline const family mcp_requests{
  "mcp_requests_total",
  "Messages of MCP clients, by what they asked for and how it went.",
  counter,
  {"method", "era", "status"}};
inline const family mcp_tool_calls{"mcp_tool_calls_total",
                                   "Calls of tools, by how they went.",
                                   counter,
                                   {"tool", "status"}};
inline const family mcp_streams{
  "mcp_streams_active",
  "Streams on which MCP clients wait for notifications.",
  gauge,
  {}};
inline const family mcp_processes_started{
  "mcp_processes_started_total",
  "Starts of upstream servers of MCP that are processes of this node.",
  counter,
  {"service"}};
inline const family mcp_processes_ended{
  "mcp_processes_ended_total",
  "Ends of such processes that nobody had asked for, by what ended them.",
  counter,
  {"service", "cause"}};
inline const family mcp_large_results{
  "mcp_large_results_total",
  "Results of tools that were larger than they may be, by what became of them.",
  counter,
  {"service", "result"}};
inline const family mcp_spilled_bytes{
  "mcp_spilled_bytes",
  "Memory of large results that are kept until they are read.",
  gauge,
  {}};
inline const family mcp_sessions_refused{
  "mcp_sessions_refused_total",
  "Requests in a session that is not, or no longer, one of its client.",
  counter,
  {}};

// -- limits -------------------------------------------------------------------

inline constexpr auto limiter_bounds = std::to_array<double>(
  {0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.002,
   0.005, 0.01, 0.05, 0.1});

inline const family rate_limit_exceeded{
  "rate_limit_exceeded_total",
  "Requests beyond a limit: refused, or only counted in mode log_only.",
  counter,
  {"tier", "endpoint", "limit_type"}};
inline const family rate_limit_remaining{
  "rate_limit_remaining",
  "What the latest request of a tier left of its tightest limit.",
  gauge,
  {"tier", "endpoint"}};
inline const family limited_clients{
  "rate_limiter_clients", "Clients whose limits are remembered.", gauge, {}};
inline const family limiter_redis_errors{
  "rate_limiter_redis_errors_total",
  "Decisions made by this node alone, because Redis gave none.",
  counter,
  {}};
inline const family limiter_redis_garbage{
  "rate_limiter_redis_garbage_total",
  "Windows in Redis that were none: taken for empty, and replaced.",
  counter,
  {}};
inline const family limiter_decisions{
  "rate_limiter_cluster_decisions_total",
  "Decisions with limits.store = \"cluster\": by this node as the keeper of "
  "the "
  "client's windows, of what another node has let in beforehand (lease), by "
  "another node (peer), by this node alone (share).",
  counter,
  {"by"}};
inline const family limiter_latency{
  "rate_limiter_latency_seconds",
  "From the question whether a request may go on to its answer.",
  histogram,
  {"store"},
  limiter_bounds};

// -- cache --------------------------------------------------------------------

inline const family cache_hits{"cache_hits_total",
                               "Values that a layer of the cache had.",
                               counter,
                               {"layer", "cache_type"}};
inline const family cache_misses{"cache_misses_total",
                                 "Values that a layer of the cache had not.",
                                 counter,
                                 {"layer", "cache_type"}};
inline const family cache_hit_rate{
  "cache_hit_rate",
  "Share of the values asked for since the start that a layer had.",
  gauge,
  {"layer", "cache_type"}};
inline const family cache_latency{"cache_latency_seconds",
                                  "How long a layer of the cache took.",
                                  histogram,
                                  {"layer", "operation"},
                                  lookup_bounds};
inline const family cache_evictions{"cache_evictions_total",
                                    "Values that had to go, by the reason.",
                                    counter,
                                    {"layer", "reason"}};
inline const family cache_size{
  "cache_size_bytes", "Memory of the values kept.", gauge, {"layer"}};
inline const family cache_refused{
  "cache_refused_total",
  "Values that were not kept or not believed, by the reason.",
  counter,
  {"layer", "reason"}};
inline const family cache_errors{
  "cache_errors_total",
  "Looks at a layer of the cache that came to nothing, by the reason.",
  counter,
  {"layer", "reason"}};
inline const family cache_coalesced{
  "cache_coalesced_total",
  "Requests that the call of an equal one answered.",
  counter,
  {"cache_type"}};
inline const family cache_saved_tokens{
  "cache_saved_tokens_total",
  "LLM tokens of the answers that came out of the cache.",
  counter,
  {"layer"}};
inline const family cache_invalidations{
  "cache_invalidations_total",
  "Orders to forget values, by whether they were given here.",
  counter,
  {"origin"}};

// -- the agent ----------------------------------------------------------------

inline const family agent_runs{"agent_runs_total",
                               "Messages to the agent, by what became of them.",
                               counter,
                               {"outcome"}};
inline const family agent_steps{
  "agent_steps_total",
  "What the agent did for them: questions to a model, calls of tools.",
  counter,
  {"kind"}};

// -- shared stores ------------------------------------------------------------

inline const family announcements{
  "announcements_total",
  "What was heard of other nodes at a shared store: announcements, gaps in "
  "them, and garbage.",
  counter,
  {"service", "result"}};

inline const family feature_share{
  "feature_rollout_ratio", "Share of the callers, 0 to 1.", gauge, {"feature"}};

// -- the process --------------------------------------------------------------

inline const family config_reloads{
  "config_reloads_total", "Reloads of the configuration.", counter, {"result"}};
inline const family build_info{"build_info",
                               "Always 1; the labels say what runs.",
                               gauge,
                               {"version", "compiler"}};
inline const family process_start{
  "process_start_time_seconds", "Start of the process, Unix time.", gauge, {}};
inline const family process_cpu{
  "process_cpu_seconds_total", "User and system CPU time.", counter, {}};
inline const family process_memory{
  "process_resident_memory_bytes", "Resident memory.", gauge, {}};
inline const family process_fds{
  "process_open_fds", "Open file descriptors.", gauge, {}};
inline const family process_max_fds{
  "process_max_fds", "Limit of open file descriptors.", gauge, {}};

// -- the cluster --------------------------------------------------------------

inline const family cluster_members{
  "cluster_members",
  "Nodes of the cluster by what this one takes them for, itself included.",
  gauge,
  {"state"}};
inline const family cluster_messages{
  "cluster_messages_total",
  "Messages from other nodes; stranger: refused, as the sender was not who it "
  "said or spoke another version.",
  counter,
  {"kind"}};
inline const family cluster_links{"cluster_links_total",
                                  "Links to other nodes that were made.",
                                  counter,
                                  {"by"}};
inline const family cluster_link_failures{
  "cluster_link_failures_total",
  "Connections with the cluster's port that did not become or remain a link.",
  counter,
  {"reason"}};
inline const family cluster_frames_dropped{
  "cluster_frames_dropped_total",
  "Frames of peers that were not passed on to CAF: what it writes of itself "
  "and this node does not want.",
  counter,
  {}};

} // namespace caisson::families
