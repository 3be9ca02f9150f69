// Reads the table of engine/WORKED_EXAMPLES.md, whose grammar stands there.
#ifndef OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_TABLE_H_
#define OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/data_type.h"

namespace octet::testing {

// `[[1, 2], [3, 4]]`: its shape, and the words between the brackets in row-major order.
struct NestedValues {
  std::vector<int32_t> shape;
  std::vector<std::string> words;
};

enum class TensorRole { kInputOrResult, kConstant, kState };

struct WorkedTensor {
  std::string name;
  TensorRole role = TensorRole::kInputOrResult;
  DataType type = DataType::kFloat32;
  std::vector<int32_t> shape;       // as declared; an input's or constant's is that of its values
  std::vector<std::string> scales;  // none: not quantized; several: one for each index of `axis`
  std::string zero_point = "0";     // of one scale
  std::string axis = "0";           // of several scales
  std::optional<NestedValues> values;
};

struct WorkedOperator {
  std::vector<std::string> results;
  std::string op;
  int version = 1;
  std::vector<std::string> arguments;  // "-" where absent
  std::string options_table;   // "AddOptions"; "Custom" for a custom operator's; may be empty
  std::string options_fields;  // "{pot_scale_int16: false}"
  std::vector<std::string> intermediates;
};

struct WorkedGraph {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<WorkedOperator> operators;
};

// How far a float may lie from the answer in the table; equal where both are 0.
struct WorkedBound {
  double absolute = 0;
  double ulps = 0;  // units in the last place of the table's value
};

struct WorkedExample {
  int line = 0;            // of the file, from 1
  std::string op;          // the operator that the line is about
  std::string arithmetic;  // "int8", "uint8", "int16", "hybrid", "float", "plain" or "any"
  std::vector<WorkedTensor> tensors;
  std::vector<WorkedGraph> graphs;  // the first is the main one
  std::vector<NestedValues> fixed_point;
  std::vector<NestedValues> float32;
  WorkedBound bound;
};

// Every line of every table in `text` that has the worked examples' header. InvalidArgument, with
// the line's number, for one that does not follow the grammar; NotFound where there is no line.
absl::StatusOr<std::vector<WorkedExample>> ReadWorkedExamples(const std::string& text);

// The tensor of that name; InvalidArgument where there is none.
absl::StatusOr<const WorkedTensor*> FindTensor(const WorkedExample& example,
                                               const std::string& name);

// The values as they stand in a tensor's buffer. A bool is true where its word is neither `false`
// nor a zero. InvalidArgument for a word that is no value of the type.
absl::StatusOr<std::string> EncodeValues(const NestedValues& values, DataType type);

}  // namespace octet::testing

#endif  // OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_TABLE_H_
