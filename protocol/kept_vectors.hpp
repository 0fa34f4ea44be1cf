#pragma once

#include <memory>
#include <string_view>

#include "actors/cache/batch.hpp"
#include "protocol/embeddings_request.hpp"
#include "protocol/kept_answer.hpp"

namespace caisson::protocol {

/// The order for a request for vectors, each of which is kept for itself, so
/// that another request asks upstream only for what is missing; null where the
/// client wants none of it kept or looked for. Vectors are exact: nobody has to
/// consent to having them again, `"cache": false` refuses.
///
/// `route` says where the request may go, dependency and model: it stands in
/// the key in the place of the name that was asked for.
std::shared_ptr<const cache_batch>
keep_vectors(std::shared_ptr<const embeddings_request> request,
             std::string_view tenant, std::string_view route,
             cache_directives wish);

} // namespace caisson::protocol
