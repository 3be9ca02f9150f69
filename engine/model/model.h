// A verified model in memory: what the file says, in plain structs, immutable.
#ifndef OCTET_ENGINE_MODEL_MODEL_H_
#define OCTET_ENGINE_MODEL_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/data_type.h"
#include "engine/base/quantization.h"
#include "engine/base/shape.h"
#include "engine/model/builtin_op.h"
#include "engine/model/op_options.h"

namespace octet {

// One tensor of a subgraph.
struct TensorDef {
  std::string name;  // well-formed UTF-8, as all names here; other bytes are escaped
  DataType type = DataType::kFloat32;
  // Dimensions as exported; an unknown dimension (-1 in `shape_signature`) stands here as 1.
  Shape shape;
  // Dimensions with -1 where the author left one open; empty where the file has none.
  std::vector<int32_t> shape_signature;
  Quantization quantization;
  // Constant data, exactly shape.num_elements() elements, aligned for its type; empty for a tensor
  // that is computed, fed, or has no elements. Points into memory that the Model owns.
  absl::Span<const std::byte> data;
  bool is_constant = false;
  bool is_variable = false;

  template <typename T>
  absl::Span<const T> values() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

inline constexpr int32_t kAbsentTensor = -1;

// One operation; indices are into the subgraph's tensors and were checked. An optional input that
// is absent is kAbsentTensor.
struct OperatorDef {
  BuiltinOp op = BuiltinOp::kCustom;
  int32_t version = 1;
  std::string custom_name;  // for BuiltinOp::kCustom
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  std::vector<int32_t> intermediates;
  OpOptions options;
};

struct SubgraphDef {
  std::string name;
  std::vector<TensorDef> tensors;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  std::vector<OperatorDef> operators;  // in execution order: checked
};

// Public names for a subgraph's inputs and outputs: (name, tensor index).
struct SignatureDef {
  std::string key;
  int32_t subgraph = 0;
  std::vector<std::pair<std::string, int32_t>> inputs;
  std::vector<std::pair<std::string, int32_t>> outputs;
};

// Immutable and safe to share between threads. Owns the file's bytes and all constant data.
class Model {
 public:
  Model(std::vector<SubgraphDef> subgraphs, std::vector<SignatureDef> signatures,
        std::string description, std::shared_ptr<const void> storage, size_t file_bytes)
      : subgraphs_(std::move(subgraphs)),
        signatures_(std::move(signatures)),
        description_(std::move(description)),
        storage_(std::move(storage)),
        file_bytes_(file_bytes) {}
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const SubgraphDef& main() const { return subgraphs_[0]; }
  absl::Span<const SubgraphDef> subgraphs() const { return subgraphs_; }
  absl::Span<const SignatureDef> signatures() const { return signatures_; }
  const std::string& description() const { return description_; }
  size_t file_bytes() const { return file_bytes_; }

 private:
  std::vector<SubgraphDef> subgraphs_;
  std::vector<SignatureDef> signatures_;
  std::string description_;
  std::shared_ptr<const void> storage_;
  size_t file_bytes_;
};

// Reads a `.tflite` file from memory. The bytes are hostile until proven otherwise: structure,
// every index, offset, size and shape product is checked before use.
//
// Takes the bytes over; the model keeps them alive. Errors: InvalidArgument for a file that is not
// a sound TensorFlow Lite model (naming the tensor, buffer, operator or offset), Unimplemented for
// a sound one that uses what Octet lacks (string or int4 tensors, block-wise scales).
absl::StatusOr<std::shared_ptr<const Model>> ReadModel(std::string bytes);

// The same, without a copy of `bytes`, which must outlive the model and stay as they are; bytes at
// an address that is not aligned are copied after all.
absl::StatusOr<std::shared_ptr<const Model>> ReadModelInPlace(absl::string_view bytes);
// Whether a file can be read where it lies.
bool IsAlignedForReading(absl::string_view bytes);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_MODEL_H_
