// Builds small `.tflite` files in memory, for tests.
//
//   ModelBuilder b;
//   const int x = b.Input("x", DataType::kInt8, {1, 4}, Quant(0.1f, 3));
//   const int w = b.Constant<int8_t>("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}, Quant({0.1f, 0.2f},
//   0)); const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(0.5f, -1));
//   b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
//   b.Output(y);
//   std::string bytes = b.Build();
//
// Nothing is checked: a test may build what is wrong on purpose. What this interface does not
// offer is set through raw(), FlatBuffers' object API (include "tflite_generated.h" and link
// octet_tflite_schema).
#ifndef OCTET_TESTS_SUPPORT_MODEL_BUILDER_H_
#define OCTET_TESTS_SUPPORT_MODEL_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/data_type.h"
#include "engine/model/builtin_op.h"
#include "engine/model/model.h"
#include "engine/model/op_options.h"

namespace octet::tflite {
struct ModelT;
}

namespace octet::testing {

// Quantization parameters of a tensor as the file has them.
struct Quant {
  Quant() = default;
  Quant(float one_scale, int64_t one_zero_point) : scale{one_scale}, zero_point{one_zero_point} {}
  // Per-axis; all zero points are 0.
  Quant(std::vector<float> scales, int dimension)
      : scale(std::move(scales)), zero_point(scale.size()), quantized_dimension(dimension) {}

  std::vector<float> scale;
  std::vector<int64_t> zero_point;
  int quantized_dimension = 0;
};

class ModelBuilder {
 public:
  ModelBuilder();
  ~ModelBuilder();
  ModelBuilder(ModelBuilder&&) noexcept;
  ModelBuilder& operator=(ModelBuilder&&) noexcept;

  // Each adds a tensor to the current subgraph and returns its index there.
  int Input(const std::string& name, DataType type, std::vector<int32_t> shape, Quant quant = {});
  int Tensor(const std::string& name, DataType type, std::vector<int32_t> shape, Quant quant = {});
  int Variable(const std::string& name, DataType type, std::vector<int32_t> shape,
               Quant quant = {});
  template <typename T>
  int Constant(const std::string& name, std::vector<int32_t> shape, const std::vector<T>& values,
               Quant quant = {}) {
    std::string bytes(values.size() * sizeof(T), '\0');
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return ConstantBytes(name, DataTypeOf<T>::value, std::move(shape), bytes, std::move(quant));
  }
  // The data as it stands in the file, for types without a C++ type.
  int ConstantBytes(const std::string& name, DataType type, std::vector<int32_t> shape,
                    const std::string& bytes, Quant quant = {});
  // Another name for the same buffer of constant data.
  int SameData(const std::string& name, int constant);

  // Dimensions of the tensor with -1 for an open one.
  void ShapeSignature(int tensor, std::vector<int32_t> signature);

  // Operators run in the order of these calls.
  void Op(BuiltinOp op, int version, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
          const OpOptions& options = {});
  void CustomOp(const std::string& name, std::vector<int32_t> inputs, std::vector<int32_t> outputs);

  // Makes a tensor an output of the current subgraph.
  void Output(int tensor);

  // Names for inputs and outputs of the current subgraph.
  void Signature(const std::string& key, std::vector<std::pair<std::string, int>> inputs,
                 std::vector<std::pair<std::string, int>> outputs);

  // Starts another subgraph, which becomes the current one, and returns its index. The first
  // exists from the start.
  int Subgraph(const std::string& name);

  tflite::ModelT& raw() { return *model_; }

  std::string Build() const;

 private:
  std::unique_ptr<tflite::ModelT> model_;
};

}  // namespace octet::testing

#endif  // OCTET_TESTS_SUPPORT_MODEL_BUILDER_H_
