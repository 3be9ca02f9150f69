// Early return on a failed absl::Status or absl::StatusOr.
#ifndef OCTET_ENGINE_BASE_STATUS_MACROS_H_
#define OCTET_ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define OCTET_RETURN_IF_ERROR(expr)                                                  \
  do {                                                                               \
    if (absl::Status octet_status = (expr); !octet_status.ok()) return octet_status; \
  } while (false)

#define OCTET_CONCAT_INNER(a, b) a##b
#define OCTET_CONCAT(a, b) OCTET_CONCAT_INNER(a, b)
#define OCTET_ASSIGN_OR_RETURN(lhs, expr) \
  OCTET_ASSIGN_OR_RETURN_IMPL(OCTET_CONCAT(octet_statusor_, __LINE__), lhs, expr)
#define OCTET_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                                \
  if (!tmp.ok()) return std::move(tmp).status();    \
  lhs = *std::move(tmp)

#endif  // OCTET_ENGINE_BASE_STATUS_MACROS_H_
