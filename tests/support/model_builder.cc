#include "tests/support/model_builder.h"

#include <algorithm>
#include <type_traits>

#include "tests/support/model_builder_options.h"
#include "tflite_generated.h"

namespace octet::testing {
namespace {

tflite::TensorType ToFile(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return tflite::TensorType::FLOAT32;
    case DataType::kFloat16:
      return tflite::TensorType::FLOAT16;
    case DataType::kFloat64:
      return tflite::TensorType::FLOAT64;
    case DataType::kInt8:
      return tflite::TensorType::INT8;
    case DataType::kInt16:
      return tflite::TensorType::INT16;
    case DataType::kInt32:
      return tflite::TensorType::INT32;
    case DataType::kInt64:
      return tflite::TensorType::INT64;
    case DataType::kUint8:
      return tflite::TensorType::UINT8;
    case DataType::kUint16:
      return tflite::TensorType::UINT16;
    case DataType::kUint32:
      return tflite::TensorType::UINT32;
    case DataType::kUint64:
      return tflite::TensorType::UINT64;
    case DataType::kBool:
      return tflite::TensorType::BOOL;
    case DataType::kInt4:
      return tflite::TensorType::INT4;
    case DataType::kString:
      return tflite::TensorType::STRING;
    case DataType::kResource:
      return tflite::TensorType::RESOURCE;
    case DataType::kOther:
      return tflite::TensorType::VARIANT;
  }
  return tflite::TensorType::VARIANT;
}

int AddTensor(tflite::ModelT& model, const std::string& name, DataType type,
              std::vector<int32_t> shape, Quant quant) {
  auto tensor = std::make_unique<tflite::TensorT>();
  tensor->name = name;
  tensor->type = ToFile(type);
  tensor->shape = std::move(shape);
  if (!quant.scale.empty() || !quant.zero_point.empty()) {
    tensor->quantization = std::make_unique<tflite::QuantizationParametersT>();
    tensor->quantization->scale = std::move(quant.scale);
    tensor->quantization->zero_point = std::move(quant.zero_point);
    tensor->quantization->quantized_dimension = quant.quantized_dimension;
  }
  auto& tensors = model.subgraphs.back()->tensors;
  tensors.push_back(std::move(tensor));
  return static_cast<int>(tensors.size()) - 1;
}

tflite::TensorT& TensorAt(tflite::ModelT& model, int index) {
  return *model.subgraphs.back()->tensors[index];
}

uint32_t AddOperatorCode(tflite::ModelT& model, BuiltinOp op, int version,
                         const std::string& custom_name) {
  constexpr int32_t kDeprecatedLimit = 127;
  auto code = std::make_unique<tflite::OperatorCodeT>();
  code->deprecated_builtin_code =
      static_cast<int8_t>(std::min(static_cast<int32_t>(op), kDeprecatedLimit));
  code->builtin_code = static_cast<tflite::BuiltinOperator>(op);
  code->version = version;
  code->custom_code = custom_name;
  for (size_t i = 0; i < model.operator_codes.size(); ++i) {
    const tflite::OperatorCodeT& other = *model.operator_codes[i];
    if (other.builtin_code == code->builtin_code && other.version == version &&
        other.custom_code == custom_name) {
      return static_cast<uint32_t>(i);
    }
  }
  model.operator_codes.push_back(std::move(code));
  return static_cast<uint32_t>(model.operator_codes.size()) - 1;
}

tflite::OperatorT& AddOperator(tflite::ModelT& model, uint32_t code, std::vector<int32_t> inputs,
                               std::vector<int32_t> outputs) {
  auto op = std::make_unique<tflite::OperatorT>();
  op->opcode_index = code;
  op->inputs = std::move(inputs);
  op->outputs = std::move(outputs);
  auto& operators = model.subgraphs.back()->operators;
  operators.push_back(std::move(op));
  return *operators.back();
}

std::vector<std::unique_ptr<tflite::TensorMapT>> ToMaps(
    const std::vector<std::pair<std::string, int>>& names) {
  std::vector<std::unique_ptr<tflite::TensorMapT>> maps;
  for (const auto& [name, tensor] : names) {
    auto map = std::make_unique<tflite::TensorMapT>();
    map->name = name;
    map->tensor_index = static_cast<uint32_t>(tensor);
    maps.push_back(std::move(map));
  }
  return maps;
}

}  // namespace

ModelBuilder::ModelBuilder() : model_(std::make_unique<tflite::ModelT>()) {
  model_->version = 3;
  model_->buffers.push_back(std::make_unique<tflite::BufferT>());
  Subgraph("main");
}

ModelBuilder::~ModelBuilder() = default;
ModelBuilder::ModelBuilder(ModelBuilder&&) noexcept = default;
ModelBuilder& ModelBuilder::operator=(ModelBuilder&&) noexcept = default;

int ModelBuilder::Input(const std::string& name, DataType type, std::vector<int32_t> shape,
                        Quant quant) {
  const int index = Tensor(name, type, std::move(shape), std::move(quant));
  model_->subgraphs.back()->inputs.push_back(index);
  return index;
}

int ModelBuilder::Tensor(const std::string& name, DataType type, std::vector<int32_t> shape,
                         Quant quant) {
  return AddTensor(*model_, name, type, std::move(shape), std::move(quant));
}

int ModelBuilder::Variable(const std::string& name, DataType type, std::vector<int32_t> shape,
                           Quant quant) {
  const int index = Tensor(name, type, std::move(shape), std::move(quant));
  TensorAt(*model_, index).is_variable = true;
  return index;
}

int ModelBuilder::ConstantBytes(const std::string& name, DataType type, std::vector<int32_t> shape,
                                const std::string& bytes, Quant quant) {
  const int index = Tensor(name, type, std::move(shape), std::move(quant));
  TensorAt(*model_, index).buffer = static_cast<uint32_t>(model_->buffers.size());
  model_->buffers.push_back(std::make_unique<tflite::BufferT>());
  model_->buffers.back()->data.assign(bytes.begin(), bytes.end());
  return index;
}

int ModelBuilder::SameData(const std::string& name, int constant) {
  auto copy = std::make_unique<tflite::TensorT>(TensorAt(*model_, constant));
  copy->name = name;
  auto& tensors = model_->subgraphs.back()->tensors;
  tensors.push_back(std::move(copy));
  return static_cast<int>(tensors.size()) - 1;
}

void ModelBuilder::ShapeSignature(int tensor, std::vector<int32_t> signature) {
  TensorAt(*model_, tensor).shape_signature = std::move(signature);
}

void ModelBuilder::Op(BuiltinOp op, int version, std::vector<int32_t> inputs,
                      std::vector<int32_t> outputs, const OpOptions& options) {
  tflite::OperatorT& added = AddOperator(*model_, AddOperatorCode(*model_, op, version, ""),
                                         std::move(inputs), std::move(outputs));
  WriteOptions(op, options, added);
}

void ModelBuilder::CustomOp(const std::string& name, std::vector<int32_t> inputs,
                            std::vector<int32_t> outputs) {
  AddOperator(*model_, AddOperatorCode(*model_, BuiltinOp::kCustom, 1, name), std::move(inputs),
              std::move(outputs));
}

void ModelBuilder::Output(int tensor) { model_->subgraphs.back()->outputs.push_back(tensor); }

void ModelBuilder::Signature(const std::string& key,
                             std::vector<std::pair<std::string, int>> inputs,
                             std::vector<std::pair<std::string, int>> outputs) {
  auto signature = std::make_unique<tflite::SignatureDefT>();
  signature->signature_key = key;
  signature->subgraph_index = static_cast<uint32_t>(model_->subgraphs.size()) - 1;
  signature->inputs = ToMaps(inputs);
  signature->outputs = ToMaps(outputs);
  model_->signature_defs.push_back(std::move(signature));
}

int ModelBuilder::Subgraph(const std::string& name) {
  model_->subgraphs.push_back(std::make_unique<tflite::SubGraphT>());
  model_->subgraphs.back()->name = name;
  return static_cast<int>(model_->subgraphs.size()) - 1;
}

std::string ModelBuilder::Build() const {
  flatbuffers::FlatBufferBuilder builder;
  tflite::FinishModelBuffer(builder, tflite::Model::Pack(builder, model_.get()));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

}  // namespace octet::testing
