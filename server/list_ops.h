// The table of operators, for people and for programs.
#ifndef OCTET_SERVER_LIST_OPS_H_
#define OCTET_SERVER_LIST_OPS_H_

#include <string>
#include <vector>

#include "octet/engine.h"

namespace octet::server {

// One line a row: "CONV_2D  1-5  INT8 INT8 INT32? -> INT8".
std::string FormatOpsText(const std::vector<SupportedOp>& ops);

// An array of {"op", "min_version", "max_version", "inputs", "outputs"}.
std::string FormatOpsJson(const std::vector<SupportedOp>& ops);

}  // namespace octet::server

#endif  // OCTET_SERVER_LIST_OPS_H_
