#include "server/list_ops.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace octet::server {

std::string FormatOpsText(const std::vector<SupportedOp>& ops) {
  int width = 0;
  for (const SupportedOp& op : ops) width = std::max(width, static_cast<int>(op.op.size()));
  std::string text;
  for (const SupportedOp& op : ops) {
    const std::string versions = op.min_version == op.max_version
                                     ? absl::StrCat(op.min_version)
                                     : absl::StrCat(op.min_version, "-", op.max_version);
    absl::StrAppendFormat(&text, "%-*s  %-5s  %s -> %s\n", width, op.op, versions,
                          absl::StrJoin(op.inputs, " "), absl::StrJoin(op.outputs, " "));
  }
  return text;
}

std::string FormatOpsJson(const std::vector<SupportedOp>& ops) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const SupportedOp& op : ops) {
    rows.push_back({{"op", op.op},
                    {"min_version", op.min_version},
                    {"max_version", op.max_version},
                    {"inputs", op.inputs},
                    {"outputs", op.outputs}});
  }
  return rows.dump(2) + "\n";
}

}  // namespace octet::server
