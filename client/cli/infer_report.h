// The answers of `octet infer`, as text and as JSON.
#ifndef OCTET_CLIENT_CLI_INFER_REPORT_H_
#define OCTET_CLIENT_CLI_INFER_REPORT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "octet_client/tensor.h"

namespace octet::client {

struct ClassScore {
  int64_t index = 0;
  double score = 0;
};

// The best `k` classes of each row of scores [rows, classes] or [classes], best first, equal scores
// in the order of their classes, NaN last. Empty where the shape is no row of at least two scores.
std::vector<std::vector<ClassScore>> TopClasses(const Tensor& tensor, int k);

// One result: a block of lines that ends with a newline. `written` names the outputs' files, if
// any.
std::string ResultText(const std::string& title, const std::vector<Tensor>& outputs, int top,
                       const std::vector<std::string>& written);

// The same on one line a row, for many results.
std::string ResultLines(const std::string& title, const std::vector<Tensor>& outputs, int top);

// Values are left out where they were written to files.
nlohmann::ordered_json ResultJson(const std::string& title, const std::vector<Tensor>& outputs,
                                  int top, const std::vector<std::string>& written);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_INFER_REPORT_H_
