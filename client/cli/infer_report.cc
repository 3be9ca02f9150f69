#include "client/cli/infer_report.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/console.h"
#include "client/cli/table.h"
#include "client/inputs/elements.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;

// Shapes [rows, classes] and [classes], also with ones between.
bool IsScores(const std::vector<int64_t>& shape) {
  if (shape.empty() || shape.back() < 2) return false;
  for (size_t i = 1; i + 1 < shape.size(); ++i) {
    if (shape[i] != 1) return false;
  }
  return true;
}

std::vector<ClassScore> TopOfRow(const double* scores, int64_t classes, int k) {
  std::vector<int64_t> order(classes);
  std::iota(order.begin(), order.end(), 0);
  const int64_t kept = std::min<int64_t>(k, classes);
  const auto rank = [scores](int64_t i) {
    return std::isnan(scores[i]) ? -std::numeric_limits<double>::infinity() : scores[i];
  };
  std::partial_sort(order.begin(), order.begin() + kept, order.end(), [&](int64_t a, int64_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  });
  std::vector<ClassScore> best;
  for (int64_t i = 0; i < kept; ++i) best.push_back({order[i], scores[order[i]]});
  return best;
}

std::string Score(const Tensor& tensor, double score) {
  return IsFloat(tensor.type) ? absl::StrFormat("%.4f", score) : absl::StrFormat("%.0f", score);
}

std::string Head(const Tensor& tensor) {
  return absl::StrCat("output '", Printable(tensor.name), "' ", DataTypeName(tensor.type), " ",
                      ShapeText(tensor.shape));
}

std::string Summary(const Tensor& tensor) {
  const std::vector<double> values = ToDoubles(tensor.type, tensor.data);
  if (values.empty()) return "no elements";
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return absl::StrFormat("min %.6g, max %.6g, mean %.6g", *min, *max, sum / values.size());
}

template <typename T>
Json ListOf(absl::string_view data) {
  Json list = Json::array();
  for (size_t i = 0; i < data.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, data.data() + i, sizeof(T));
    list.push_back(value);
  }
  return list;
}

// 64-bit integers keep all their digits.
Json Values(const Tensor& tensor) {
  if (tensor.type == DataType::kInt64) return ListOf<int64_t>(tensor.data);
  if (tensor.type == DataType::kUint64) return ListOf<uint64_t>(tensor.data);
  if (tensor.type == DataType::kFp32) return ListOf<float>(tensor.data);
  if (IsFloat(tensor.type)) return ToDoubles(tensor.type, tensor.data);
  Json list = Json::array();
  for (double value : ToDoubles(tensor.type, tensor.data)) {
    list.push_back(static_cast<int64_t>(value));
  }
  return list;
}

}  // namespace

std::vector<std::vector<ClassScore>> TopClasses(const Tensor& tensor, int k) {
  std::vector<std::vector<ClassScore>> rows;
  if (!IsScores(tensor.shape)) return rows;
  const std::vector<double> values = ToDoubles(tensor.type, tensor.data);
  const int64_t classes = tensor.shape.back();
  for (size_t first = 0; first < values.size(); first += classes) {
    rows.push_back(TopOfRow(values.data() + first, classes, k));
  }
  return rows;
}

std::string ResultText(const std::string& title, const std::vector<Tensor>& outputs, int top,
                       const std::vector<std::string>& written) {
  std::string text = title.empty() ? "" : absl::StrCat(Printable(title), "\n");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& tensor = outputs[i];
    absl::StrAppend(&text, Head(tensor), ": ", Summary(tensor), "\n");
    const auto rows = TopClasses(tensor, top);
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows.size() > 1) absl::StrAppend(&text, "  row ", row, "\n");
      Table table({Table::Align::kLeft, Table::Align::kRight, Table::Align::kRight});
      for (const ClassScore& best : rows[row]) {
        table.AddRow({"  class", absl::StrCat(best.index), Score(tensor, best.score)});
      }
      text += table.Format();
    }
    if (!written.empty()) absl::StrAppend(&text, "  written to ", written[i], "\n");
  }
  return text;
}

std::string ResultLines(const std::string& title, const std::vector<Tensor>& outputs, int top) {
  std::string text;
  for (const Tensor& tensor : outputs) {
    std::string head = Printable(title);
    if (outputs.size() > 1) absl::StrAppend(&head, " '", Printable(tensor.name), "'");
    const auto rows = TopClasses(tensor, top);
    if (rows.empty()) {
      absl::StrAppend(&text, head, "  ", DataTypeName(tensor.type), " ", ShapeText(tensor.shape),
                      " ", Summary(tensor), "\n");
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      text += head;
      if (rows.size() > 1) absl::StrAppend(&text, " row ", row);
      for (const ClassScore& best : rows[row]) {
        absl::StrAppend(&text, "  ", best.index, ":", Score(tensor, best.score));
      }
      text += '\n';
    }
  }
  return text;
}

Json ResultJson(const std::string& title, const std::vector<Tensor>& outputs, int top,
                const std::vector<std::string>& written) {
  Json result = Json::object();
  if (!title.empty()) result["file"] = title;
  result["outputs"] = Json::array();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& tensor = outputs[i];
    Json output = {{"name", tensor.name},
                   {"datatype", std::string(DataTypeName(tensor.type))},
                   {"shape", tensor.shape}};
    const auto rows = TopClasses(tensor, top);
    if (!rows.empty()) output["top"] = Json::array();
    for (const auto& row : rows) {
      Json list = Json::array();
      for (const ClassScore& best : row) {
        list.push_back({{"class", best.index}, {"score", best.score}});
      }
      output["top"].push_back(std::move(list));
    }
    if (written.empty()) {
      output["data"] = Values(tensor);
    } else {
      output["written_to"] = written[i];
    }
    result["outputs"].push_back(std::move(output));
  }
  return result;
}

}  // namespace octet::client
