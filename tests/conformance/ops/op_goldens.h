// The recorded answers of tests/data/ops, read back.
#ifndef OCTET_TESTS_CONFORMANCE_OPS_OP_GOLDENS_H_
#define OCTET_TESTS_CONFORMANCE_OPS_OP_GOLDENS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/model.h"
#include "octet/engine.h"

namespace octet::testing {

struct GoldenTensor {
  std::string type;  // as DataTypeName spells it
  Shape shape;
  std::string bytes;  // dense, row-major, little-endian
};

// One run of a loaded model, and the answers of both rules.
struct GoldenRun {
  std::vector<GoldenTensor> inputs;
  std::vector<GoldenTensor> fixed_point;
  std::vector<GoldenTensor> float32;

  const std::vector<GoldenTensor>& Expected(Rounding rounding) const {
    return rounding == Rounding::kFloat32 ? float32 : fixed_point;
  }
};

// How far a float answer may lie off: absolute + relative * |expected|.
struct GoldenBound {
  double absolute = 0;
  double relative = 0;
};

// The types of one operator's tensors; "" where an optional one is absent.
struct OperatorTypes {
  std::string op;
  int version = 1;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

struct GoldenCase {
  std::string name;
  OperatorTypes types;  // of the operator that the case is about
  std::string model;    // a `.tflite` file
  std::vector<GoldenRun> runs;
  std::optional<GoldenBound> bound;  // none: equal bytes
};

// The folder of the recorded answers, and the kinds of operators that have some, sorted.
std::string OpGoldensFolder();
std::vector<std::string> OpsWithGoldens();

// All cases of one kind of operator, in the file's order.
absl::StatusOr<std::vector<GoldenCase>> ReadOpGoldens(const std::string& op);

// Every operator of every subgraph of a model.
std::vector<OperatorTypes> OperatorsOf(const Model& model);

// Whether a row of the registry's table takes this operator.
bool Takes(const SupportedOp& row, const OperatorTypes& types);
bool AnyRowTakes(const std::vector<SupportedOp>& rows, const OperatorTypes& types);

// "ADD version 2: INT8, INT8 -> INT8".
std::string Describe(const OperatorTypes& types);
std::string Describe(const SupportedOp& row);

}  // namespace octet::testing

#endif  // OCTET_TESTS_CONFORMANCE_OPS_OP_GOLDENS_H_
