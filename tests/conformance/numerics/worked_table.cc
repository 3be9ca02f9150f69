#include "tests/conformance/numerics/worked_table.h"

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <limits>
#include <regex>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"

namespace octet::testing {
namespace {

constexpr absl::string_view kHeader[] = {"operator",    "arithmetic", "model",  "tensors",
                                         "fixed_point", "float32",    "within", "remark"};
enum Column { kOperator, kArithmetic, kModel, kTensors, kFixedPoint, kFloat32, kWithin, kRemark };
constexpr size_t kColumns = std::size(kHeader);

absl::Status Not(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("not ", what, ": '", text, "'"));
}

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(text, by)) {
    part = absl::StripAsciiWhitespace(part);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

absl::StatusOr<DataType> ParseType(const std::string& word) {
  if (word == "float") return DataType::kFloat32;
  if (word == "half") return DataType::kFloat16;
  for (int i = 0; i <= static_cast<int>(DataType::kResource); ++i) {
    const auto type = static_cast<DataType>(i);
    if (absl::AsciiStrToLower(DataTypeName(type)) == word) return type;
  }
  return Not("a type", word);
}

// Reads one value or bracketed list at `at`, `depth` brackets inside, and moves past it.
absl::Status ParseNested(const std::string& text, size_t depth, size_t& at, NestedValues& values) {
  while (at < text.size() && text[at] == ' ') ++at;
  if (at >= text.size() || text[at] != '[') {
    if (depth != values.shape.size()) return Not("one shape", text);
    const size_t end = std::min(text.find_first_of(",] ", at), text.size());
    if (end == at) return Not("a value", text);
    values.words.push_back(text.substr(at, end - at));
    at = end;
    return absl::OkStatus();
  }
  const bool first = depth == values.shape.size();
  if (first && !values.words.empty()) return Not("one shape", text);
  if (first) values.shape.push_back(-1);
  int32_t count = 0;
  for (++at; at < text.size() && text[at] != ']'; ++count) {
    OCTET_RETURN_IF_ERROR(ParseNested(text, depth + 1, at, values));
    if (at < text.size() && text[at] == ',') ++at;
  }
  if (at++ >= text.size()) return Not("closed", text);
  if (values.shape[depth] != -1 && values.shape[depth] != count) return Not("one shape", text);
  values.shape[depth] = count;
  return absl::OkStatus();
}

absl::StatusOr<NestedValues> ParseValues(const std::string& text) {
  NestedValues values;
  size_t at = 0;
  OCTET_RETURN_IF_ERROR(ParseNested(text, 0, at, values));
  if (at != text.size()) return Not("values", text);
  return values;
}

absl::StatusOr<std::vector<NestedValues>> ParseAnswer(const std::string& cell) {
  std::vector<NestedValues> answer;
  for (const std::string& part : Split(cell, ';')) {
    OCTET_ASSIGN_OR_RETURN(answer.emplace_back(), ParseValues(part));
  }
  return answer;
}

absl::StatusOr<WorkedTensor> ParseTensor(const std::string& text) {
  static const auto* const pattern = new std::regex(
      R"((\w+) (?:(const|state) )?(\w+?)(?:\[([\d, ]*)\])?(?:\(([^)]*)\))?(?: (\S.*))?)");
  std::smatch found;
  if (!std::regex_match(text, found, *pattern)) return Not("a tensor", text);
  WorkedTensor tensor;
  tensor.name = found[1];
  if (found[2] == "const") tensor.role = TensorRole::kConstant;
  if (found[2] == "state") tensor.role = TensorRole::kState;
  OCTET_ASSIGN_OR_RETURN(tensor.type, ParseType(found[3]));
  for (const std::string& size : Split(found[4], ',')) {
    if (!absl::SimpleAtoi(size, &tensor.shape.emplace_back())) return Not("a size", size);
  }
  if (found[5].matched) {
    const std::vector<std::string> halves = Split(found[5], ',');
    if (halves.size() != 2) return Not("scale, zero point", found[5].str());
    tensor.scales = Split(halves[0], ' ');
    absl::string_view last = halves[1];
    const bool several = absl::ConsumePrefix(&last, "axis ");
    (several ? tensor.axis : tensor.zero_point) = std::string(last);
  }
  if (found[6].matched) {
    OCTET_ASSIGN_OR_RETURN(tensor.values, ParseValues(found[6]));
    tensor.shape = tensor.values->shape;
  }
  if (tensor.role != TensorRole::kInputOrResult && !tensor.values) return Not("complete", text);
  return tensor;
}

absl::StatusOr<WorkedOperator> ParseOperator(const std::string& text) {
  static const auto* const pattern = new std::regex(
      R"((?:([\w, ]+) = )?(\w+?)(?:@(\d+))?\(([^)]*)\)(?: (\w+)(\{.*\}))?(?: with \(([^)]*)\))?)");
  std::smatch found;
  if (!std::regex_match(text, found, *pattern)) return Not("an operator", text);
  WorkedOperator made;
  made.results = Split(found[1], ',');
  made.op = found[2];
  if (found[3].matched && !absl::SimpleAtoi(found[3].str(), &made.version)) {
    return Not("a version", found[3].str());
  }
  made.arguments = Split(found[4], ',');
  made.options_table = found[5];
  made.options_fields = found[6];
  made.intermediates = Split(found[7], ',');
  return made;
}

absl::StatusOr<std::vector<WorkedGraph>> ParseGraphs(const std::string& cell) {
  static const auto* const head = new std::regex(R"(graph \(([^)]*)\) -> \(([^)]*)\): *(.*))");
  std::vector<WorkedGraph> graphs(1);
  for (std::string part : Split(cell, ';')) {
    std::smatch found;
    if (std::regex_match(part, found, *head)) {
      graphs.push_back({Split(found[1], ','), Split(found[2], ','), {}});
      part = std::string(found[3]);
      if (part.empty()) continue;
    }
    OCTET_ASSIGN_OR_RETURN(graphs.back().operators.emplace_back(), ParseOperator(part));
  }
  return graphs;
}

// Results of the main graph that no operator reads, in order.
std::vector<std::string> Unread(const std::vector<WorkedOperator>& operators) {
  std::vector<std::string> unread;
  for (const WorkedOperator& made : operators) {
    for (const std::string& result : made.results) {
      const bool read = std::any_of(operators.begin(), operators.end(), [&](const auto& reader) {
        return std::count(reader.arguments.begin(), reader.arguments.end(), result) > 0;
      });
      if (!read) unread.push_back(result);
    }
  }
  return unread;
}

absl::StatusOr<WorkedBound> ParseBound(absl::string_view cell) {
  WorkedBound bound;
  if (cell.empty()) return bound;
  const bool ulps = absl::ConsumeSuffix(&cell, " ulp");
  if (!absl::SimpleAtod(cell, ulps ? &bound.ulps : &bound.absolute)) return Not("a bound", cell);
  return bound;
}

absl::StatusOr<WorkedExample> ParseLine(const std::vector<std::string>& cells) {
  if (cells.size() != kColumns) return Not("a line of eight cells", absl::StrCat(cells.size()));
  WorkedExample example;
  example.op = cells[kOperator];
  example.arithmetic = cells[kArithmetic];
  for (const std::string& part : Split(cells[kTensors], ';')) {
    OCTET_ASSIGN_OR_RETURN(example.tensors.emplace_back(), ParseTensor(part));
  }
  OCTET_ASSIGN_OR_RETURN(example.graphs, ParseGraphs(cells[kModel]));
  WorkedGraph& main = example.graphs[0];
  for (const WorkedTensor& tensor : example.tensors) {
    if (tensor.role == TensorRole::kInputOrResult && tensor.values) {
      main.inputs.push_back(tensor.name);
    }
  }
  main.outputs = Unread(main.operators);
  OCTET_ASSIGN_OR_RETURN(example.fixed_point, ParseAnswer(cells[kFixedPoint]));
  OCTET_ASSIGN_OR_RETURN(example.float32, ParseAnswer(cells[kFloat32]));
  if (example.float32.empty()) example.float32 = example.fixed_point;
  if (main.outputs.empty() || example.fixed_point.size() != main.outputs.size() ||
      example.float32.size() != main.outputs.size()) {
    return Not("an answer for each result", cells[kFixedPoint]);
  }
  OCTET_ASSIGN_OR_RETURN(example.bound, ParseBound(cells[kWithin]));
  return example;
}

// The cells of a row of a table; none for another line of the file.
std::vector<std::string> Cells(absl::string_view row) {
  std::vector<std::string> cells;
  if (!absl::ConsumePrefix(&row, "|") || !absl::ConsumeSuffix(&row, "|")) return cells;
  for (absl::string_view cell : absl::StrSplit(row, '|')) {
    cell = absl::StripAsciiWhitespace(cell);
    absl::ConsumePrefix(&cell, "`");
    absl::ConsumeSuffix(&cell, "`");
    cells.emplace_back(cell);
  }
  return cells;
}

template <typename T>
void Append(T value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
bool AppendInteger(const std::string& word, std::string& bytes) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(word, &value)) return false;
  if (static_cast<int64_t>(static_cast<T>(value)) != value) return false;
  Append(static_cast<T>(value), bytes);
  return true;
}

bool AppendValue(const std::string& word, DataType type, std::string& bytes) {
  float real = 0;
  switch (type) {
    case DataType::kFloat32:
      if (!absl::SimpleAtof(word, &real)) return false;
      Append(real, bytes);
      return true;
    case DataType::kFloat16:
      if (!absl::SimpleAtof(word, &real)) return false;
      Append(Eigen::half(real), bytes);
      return true;
    case DataType::kBool:
      Append<uint8_t>(word != "false" && word != "0", bytes);
      return true;
    case DataType::kInt8:
      return AppendInteger<int8_t>(word, bytes);
    case DataType::kUint8:
      return AppendInteger<uint8_t>(word, bytes);
    case DataType::kInt16:
      return AppendInteger<int16_t>(word, bytes);
    case DataType::kInt32:
      return AppendInteger<int32_t>(word, bytes);
    case DataType::kUint32:
      return AppendInteger<uint32_t>(word, bytes);
    case DataType::kInt64:
      return AppendInteger<int64_t>(word, bytes);
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::vector<WorkedExample>> ReadWorkedExamples(const std::string& text) {
  std::vector<WorkedExample> examples;
  bool inside = false;
  int number = 0;
  for (absl::string_view row : absl::StrSplit(text, '\n')) {
    ++number;
    const bool is_row = absl::StartsWith(row, "|");
    const std::vector<std::string> cells = Cells(row);
    if (std::equal(cells.begin(), cells.end(), std::begin(kHeader), std::end(kHeader))) {
      inside = true;
    } else if (!is_row) {
      inside = false;
    } else if (inside && row.find_first_not_of("|-: ") != absl::string_view::npos) {
      auto example = ParseLine(cells);
      if (!example.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", number, ": ", example.status().message()));
      }
      example->line = number;
      examples.push_back(*std::move(example));
    }
  }
  if (examples.empty()) return absl::NotFoundError("no worked example");
  return examples;
}

absl::StatusOr<const WorkedTensor*> FindTensor(const WorkedExample& example,
                                               const std::string& name) {
  for (const WorkedTensor& tensor : example.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return Not("among the tensors", name);
}

absl::StatusOr<std::string> EncodeValues(const NestedValues& values, DataType type) {
  std::string bytes;
  for (const std::string& word : values.words) {
    if (!AppendValue(word, type, bytes)) return Not(DataTypeName(type), word);
  }
  return bytes;
}

}  // namespace octet::testing
